"""What lending can do, and the adapters that its handlers are bound to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from lending.adapters.acl import (
    CatalogCopies,
    CatalogStatistics,
    PatronsAsBorrowers,
    PatronsLetters,
    PatronsPrivacy,
)
from lending.adapters.ties import StoredTies, StoredWords
from lending.adapters.unit_of_work import DjangoLendingWork
from lending.services.borrowing import Directories
from lending.services.commands import change_hold, lost_things
from lending.services.commands.add_branch import add_branch
from lending.services.commands.add_closure import add_closure
from lending.services.commands.anonymise_loan import anonymise_loan, forget_traces
from lending.services.commands.borrow_book import borrow_book
from lending.services.commands.forget_patron import WordsAboutPatrons, forget_patron
from lending.services.commands.place_hold import place_hold
from lending.services.commands.redate_hold import redate_hold
from lending.services.commands.redate_loan import redate_loan
from lending.services.commands.remind_due_soon import remind_due_soon
from lending.services.commands.remove_closure import remove_closure
from lending.services.commands.renew_loan import renew_loan
from lending.services.commands.return_book import return_book
from lending.services.commands.set_rule import set_rule
from lending.services.commands.settle_account import post_payment, waive_charge
from lending.services.commands.undo_return import undo_return
from lending.services.ports import (
    CopyDirectory,
    LendingWork,
    LoanTies,
    PatronDirectory,
    PrivacyChoices,
)
from lending.services.queries import (
    accounts,
    calendars,
    closed_days,
    desk,
    figures,
    holds,
    loans,
    loans_to_anonymise,
    privacy,
    profile,
    rule_preview,
    rules,
    scheduled_work,
)
from lending.services.queries.called import what_they_are_called
from lending.services.queries.reports import draw_report, read_report
from lending.services.queries.statements import statement
from lending.services.queries.timeline import timeline
from lending.services.reports.shape import BorrowingStatistics
from lending.services.timeline import LetterBook
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import CommandHandler, Handlers, QueryHandler
from shared_kernel.services.wiring import bind

COMMANDS: tuple[CommandHandler, ...] = (
    borrow_book,
    return_book,
    renew_loan,
    undo_return,
    lost_things.declare_lost,
    lost_things.age_to_lost,
    lost_things.claim_returned,
    lost_things.mark_overdue,
    remind_due_soon,
    redate_loan,
    anonymise_loan,
    forget_traces,
    forget_patron,
    place_hold,
    change_hold.cancel_hold,
    change_hold.suspend_hold,
    change_hold.resume_hold,
    change_hold.mark_hold_ready,
    change_hold.report_copy_not_found,
    change_hold.move_holds,
    change_hold.expire_hold,
    change_hold.end_suspension,
    change_hold.allocate_copies,
    redate_hold,
    post_payment,
    waive_charge,
    set_rule,
    add_branch,
    add_closure,
    remove_closure,
)

QUERIES: tuple[QueryHandler, ...] = (
    loans.eligibility,
    loans.find_borrower,
    loans.patron_of_card,
    loans.find_copy,
    loans.get_loan,
    loans.list_loans,
    holds.get_hold,
    holds.list_holds,
    holds.list_queue,
    profile.patron_profile,
    profile.card_profile,
    profile.own_profile,
    accounts.get_account,
    statement,
    timeline,
    what_they_are_called,
    desk.desk_board,
    figures.circulation_figures,
    privacy.privacy_report,
    read_report,
    draw_report,
    rules.list_rules,
    rules.list_categories,
    rules.rule_matrix,
    rules.rule_history,
    rules.explain_rule,
    rule_preview.rule_preview,
    calendars.list_branches,
    calendars.get_branch,
    calendars.list_closures,
    calendars.preview_closure,
    scheduled_work.holds_due,
    scheduled_work.loans_due_soon,
    scheduled_work.overdue_loans,
    scheduled_work.aged_loans,
    closed_days.due_on_closed_days,
    loans_to_anonymise.loans_to_anonymise,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What lending's handlers may ask for, by the names of their parameters."""

    work: Callable[[], LendingWork]
    clock: Clock
    patrons: PatronDirectory
    copies: CopyDirectory
    directories: Directories
    choices: PrivacyChoices
    ties: LoanTies
    words: WordsAboutPatrons
    letters: LetterBook
    statistics: BorrowingStatistics
    kept_for: Callable[[], timedelta]

    @classmethod
    def with_adapters(cls, *, clock: Clock) -> Self:
        """The ports of an installation: its database, and the neighbours behind the anti-corruption layer."""
        patrons, copies, choices = PatronsAsBorrowers(), CatalogCopies(), PatronsPrivacy()
        return cls(
            work=DjangoLendingWork,
            clock=clock,
            patrons=patrons,
            copies=copies,
            directories=Directories(patrons=patrons, copies=copies),
            choices=choices,
            ties=StoredTies(choices=choices),
            words=StoredWords(),
            letters=PatronsLetters(),
            statistics=CatalogStatistics(),
            kept_for=loans_to_anonymise.kept_for,
        )


def handlers(ports: Ports) -> Handlers:
    """Lending's handlers, bound."""
    return bind(commands=COMMANDS, queries=QUERIES, ports=ports)
