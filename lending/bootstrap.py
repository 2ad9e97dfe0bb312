"""Lending's handlers, and the adapters that they are bound to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from lending.adapters.acl import (
    CatalogCopies,
    CatalogStatistics,
    PatronsAsBorrowers,
    PatronsNoticeHistory,
    PatronsPrivacy,
    UpstreamRows,
)
from lending.adapters.anonymisation import DjangoLoanAnonymiser, DjangoPersonalDataEraser
from lending.adapters.unit_of_work import DjangoLendingWork
from lending.services.commands.add_branch import add_branch
from lending.services.commands.add_closure import add_closure
from lending.services.commands.age_to_lost import age_to_lost
from lending.services.commands.allocate_copies import allocate_copies
from lending.services.commands.anonymise_loan import anonymise_loan
from lending.services.commands.borrow_book import borrow_book
from lending.services.commands.cancel_hold import cancel_hold
from lending.services.commands.claim_returned import claim_returned
from lending.services.commands.declare_lost import declare_lost
from lending.services.commands.end_suspension import end_suspension
from lending.services.commands.erase_personal_data import PersonalDataEraser, erase_personal_data
from lending.services.commands.expire_hold import expire_hold
from lending.services.commands.mark_hold_ready import mark_hold_ready
from lending.services.commands.mark_overdue import mark_overdue
from lending.services.commands.move_holds import move_holds
from lending.services.commands.place_hold import place_hold
from lending.services.commands.post_payment import post_payment
from lending.services.commands.redact_anonymised_loans import redact_anonymised_loans
from lending.services.commands.redate_hold import redate_hold
from lending.services.commands.redate_loan import redate_loan
from lending.services.commands.remind_due_soon import remind_due_soon
from lending.services.commands.remove_closure import remove_closure
from lending.services.commands.renew_loan import renew_loan
from lending.services.commands.report_copy_not_found import report_copy_not_found
from lending.services.commands.resume_hold import resume_hold
from lending.services.commands.return_book import return_book
from lending.services.commands.set_rule import set_rule
from lending.services.commands.suspend_hold import suspend_hold
from lending.services.commands.undo_return import undo_return
from lending.services.commands.waive_charge import waive_charge
from lending.services.gateways import Gateways
from lending.services.holds_to_fill import LendableCopies
from lending.services.ports import (
    CopyDirectory,
    LendingWork,
    LoanAnonymiser,
    PatronDirectory,
    PrivacyChoices,
)
from lending.services.queries import (
    accounts,
    calendars,
    closed_days,
    dashboard_stats,
    desk,
    holds,
    loans,
    loans_to_anonymise,
    privacy,
    profile,
    rule_preview,
    rules,
    scheduled_work,
)
from lending.services.queries.display_names import display_names
from lending.services.queries.eligibility import eligibility
from lending.services.queries.lookups import find_borrower, find_copy, patron_of_card
from lending.services.queries.reports import draw_report, read_report
from lending.services.queries.statements import statement
from lending.services.queries.timeline import timeline
from lending.services.queries.waiting_books import waiting_books
from lending.services.reports.definition import BorrowingStatistics
from lending.services.timeline import NoticeHistory
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import CommandHandler, Handlers, QueryHandler
from shared_kernel.services.wiring import bind

COMMANDS: tuple[CommandHandler, ...] = (
    borrow_book,
    return_book,
    renew_loan,
    undo_return,
    declare_lost,
    age_to_lost,
    claim_returned,
    mark_overdue,
    remind_due_soon,
    redate_loan,
    anonymise_loan,
    redact_anonymised_loans,
    erase_personal_data,
    place_hold,
    cancel_hold,
    suspend_hold,
    resume_hold,
    mark_hold_ready,
    report_copy_not_found,
    move_holds,
    expire_hold,
    end_suspension,
    allocate_copies,
    redate_hold,
    post_payment,
    waive_charge,
    set_rule,
    add_branch,
    add_closure,
    remove_closure,
)

QUERIES: tuple[QueryHandler, ...] = (
    eligibility,
    find_borrower,
    patron_of_card,
    find_copy,
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
    display_names,
    desk.desk_board,
    dashboard_stats.circulation_stats,
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
    waiting_books,
    scheduled_work.holds_due,
    scheduled_work.loans_due_soon,
    scheduled_work.overdue_loans,
    scheduled_work.aged_loans,
    closed_days.due_on_closed_days,
    loans_to_anonymise.loans_to_anonymise,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The ports of lending's handlers, by the names of their parameters."""

    work: Callable[[], LendingWork]
    clock: Clock
    patrons: PatronDirectory
    copies: CopyDirectory
    gateways: Gateways
    lendable: LendableCopies
    choices: PrivacyChoices
    anonymiser: LoanAnonymiser
    eraser: PersonalDataEraser
    letters: NoticeHistory
    statistics: BorrowingStatistics
    retention_period: Callable[[], timedelta]

    @classmethod
    def with_adapters(cls, *, clock: Clock) -> Self:
        """The ports of an installation: its database, and other contexts behind the anti-corruption layer."""
        patrons, copies, choices = PatronsAsBorrowers(), CatalogCopies(), PatronsPrivacy()
        return cls(
            work=DjangoLendingWork,
            clock=clock,
            patrons=patrons,
            copies=copies,
            gateways=Gateways(patrons=patrons, copies=copies),
            lendable=UpstreamRows(),
            choices=choices,
            anonymiser=DjangoLoanAnonymiser(choices=choices),
            eraser=DjangoPersonalDataEraser(),
            letters=PatronsNoticeHistory(),
            statistics=CatalogStatistics(),
            retention_period=loans_to_anonymise.retention_period,
        )


def handlers(ports: Ports) -> Handlers:
    """Lending's handlers, bound."""
    return bind(commands=COMMANDS, queries=QUERIES, ports=ports)
