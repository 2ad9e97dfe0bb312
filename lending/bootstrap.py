"""Lending, wired: each handler bound to what it needs."""

from functools import partial
from typing import Any

from lending.adapters.acl import (
    CatalogCopies,
    CatalogStatistics,
    PatronsAsBorrowers,
    PatronsLetters,
    PatronsPrivacy,
)
from lending.adapters.repositories.accounts import DjangoAccounts
from lending.adapters.repositories.rules import DjangoCalendars
from lending.adapters.ties import StoredTies, StoredWords
from lending.adapters.unit_of_work import DjangoLendingWork
from lending.services.anonymising import kept_for
from lending.services.borrowing import Directories
from lending.services.commands import change_hold, lost_things
from lending.services.commands.add_branch import AddBranch, add_branch
from lending.services.commands.add_closure import AddClosure, add_closure
from lending.services.commands.anonymise_loan import (
    AnonymiseLoan,
    ForgetTraces,
    anonymise_loan,
    forget_traces,
)
from lending.services.commands.borrow_book import BorrowBook, borrow_book
from lending.services.commands.forget_patron import ForgetPatron, forget_patron
from lending.services.commands.place_hold import PlaceHold, place_hold
from lending.services.commands.redate_hold import RedateHold, redate_hold
from lending.services.commands.redate_loan import RedateLoan, redate_loan
from lending.services.commands.remind_due_soon import RemindDueSoon, remind_due_soon
from lending.services.commands.remove_closure import RemoveClosure, remove_closure
from lending.services.commands.renew_loan import RenewLoan, renew_loan
from lending.services.commands.return_book import ReturnBook, return_book
from lending.services.commands.set_rule import SetRule, set_rule
from lending.services.commands.settle_account import PostPayment, WaiveCharge, post_payment, waive_charge
from lending.services.commands.undo_return import UndoReturn, undo_return
from lending.services.queries import accounts, calendars, desk, figures, privacy, profile, rule_preview
from lending.services.queries import holds as hold_queries
from lending.services.queries import loans as loan_queries
from lending.services.queries import rules as rule_queries
from lending.services.queries.called import WhatTheyAreCalled, what_they_are_called
from lending.services.queries.reports import DrawReport, ReadReport, draw_report, read_report
from lending.services.queries.statements import Statement, statement
from lending.services.queries.timeline import Timeline, timeline
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Handlers


def handlers(*, clock: Clock) -> Handlers:
    """What lending can do."""
    patrons, copies = PatronsAsBorrowers(), CatalogCopies()
    choices = PatronsPrivacy()
    ties = StoredTies(choices=choices)
    directories = Directories(patrons=patrons, copies=copies)
    wired: dict[str, Any] = {"directories": directories, "clock": clock}  # for partial(), untyped anyway
    profiling: dict[str, Any] = {"patrons": patrons, "choices": choices, "accounts": DjangoAccounts()}
    reporting: dict[str, Any] = {"patrons": patrons, "statistics": CatalogStatistics(), "clock": clock}
    return Handlers(
        work=DjangoLendingWork,
        commands={
            BorrowBook: partial(borrow_book, **wired),
            ReturnBook: partial(return_book, **wired),
            RenewLoan: partial(renew_loan, **wired),
            PlaceHold: partial(place_hold, **wired),
            change_hold.CancelHold: partial(change_hold.cancel_hold, **wired),
            change_hold.SuspendHold: partial(change_hold.suspend_hold, **wired),
            change_hold.ResumeHold: partial(change_hold.resume_hold, **wired),
            change_hold.MarkHoldReady: partial(change_hold.mark_hold_ready, **wired),
            change_hold.ReportCopyNotFound: partial(change_hold.report_copy_not_found, **wired),
            change_hold.MoveHolds: partial(change_hold.move_holds, **wired),
            change_hold.ExpireHold: partial(change_hold.expire_hold, **wired),
            change_hold.EndSuspension: partial(change_hold.end_suspension, **wired),
            lost_things.DeclareLost: partial(lost_things.declare_lost, **wired),
            lost_things.AgeToLost: partial(lost_things.age_to_lost, **wired),
            lost_things.ClaimReturned: partial(lost_things.claim_returned, clock=clock),
            lost_things.MarkOverdue: partial(lost_things.mark_overdue, clock=clock),
            UndoReturn: partial(undo_return, clock=clock),
            PostPayment: partial(post_payment, **wired),
            WaiveCharge: partial(waive_charge, **wired),
            RemindDueSoon: partial(remind_due_soon, clock=clock),
            change_hold.AllocateCopies: partial(change_hold.allocate_copies, **wired),
            SetRule: partial(set_rule, **wired),
            AddBranch: partial(add_branch, clock=clock),
            AddClosure: partial(add_closure, clock=clock),
            RemoveClosure: partial(remove_closure, clock=clock),
            RedateLoan: partial(redate_loan, **wired),
            RedateHold: partial(redate_hold, clock=clock),
            AnonymiseLoan: lambda command, work: anonymise_loan(
                command, work, choices=choices, ties=ties, clock=clock, kept_for=kept_for()
            ),
            ForgetPatron: partial(forget_patron, words=StoredWords()),
            ForgetTraces: partial(forget_traces, ties=ties),
        },
        queries={
            figures.CirculationFigures: partial(figures.circulation_figures, clock=clock),
            loan_queries.Eligibility: lambda query: loan_queries.eligibility(
                query, work=DjangoLendingWork(), **wired
            ),
            loan_queries.FindBorrower: partial(loan_queries.find_borrower, patrons=patrons),
            loan_queries.PatronOfCard: partial(loan_queries.patron_of_card, patrons=patrons),
            loan_queries.FindCopy: partial(loan_queries.find_copy, copies=copies),
            loan_queries.GetLoan: partial(loan_queries.get_loan, patrons=patrons, clock=clock),
            loan_queries.ListLoans: partial(loan_queries.list_loans, patrons=patrons, clock=clock),
            hold_queries.GetHold: partial(hold_queries.get_hold, patrons=patrons),
            hold_queries.ListHolds: partial(hold_queries.list_holds, patrons=patrons),
            hold_queries.ListQueue: hold_queries.list_queue,
            profile.PatronProfile: partial(profile.patron_profile, **profiling, clock=clock),
            accounts.GetAccount: lambda query: accounts.get_account(query, work=DjangoLendingWork(), **wired),
            Statement: lambda query: statement(query, work=DjangoLendingWork(), **wired),
            profile.CardProfile: partial(profile.card_profile, **profiling, clock=clock),
            privacy.PrivacyReport: partial(privacy.privacy_report, choices=choices, clock=clock),
            WhatTheyAreCalled: partial(what_they_are_called, patrons=patrons),
            ReadReport: lambda query: read_report(query, calendars=DjangoCalendars(), **reporting),
            DrawReport: lambda query: draw_report(query, calendars=DjangoCalendars(), **reporting),
            Timeline: partial(timeline, copies=copies, letters=PatronsLetters()),
            desk.DeskBoard: partial(desk.desk_board, patrons=patrons, clock=clock),
            rule_queries.ListRules: rule_queries.list_rules,
            rule_queries.ListCategories: partial(rule_queries.list_categories, patrons=patrons),
            rule_queries.RuleMatrix: lambda query: rule_queries.rule_matrix(query, work=DjangoLendingWork()),
            rule_queries.RuleHistory: rule_queries.rule_history,
            rule_queries.ExplainRule: lambda query: rule_queries.explain_rule(
                query, work=DjangoLendingWork()
            ),
            rule_preview.RulePreview: lambda query: rule_preview.rule_preview(
                query, work=DjangoLendingWork(), **wired
            ),
            calendars.ListBranches: calendars.list_branches,
            calendars.GetBranch: calendars.get_branch,
            calendars.ListClosures: calendars.list_closures,
            calendars.PreviewClosure: lambda query: calendars.preview_closure(
                query, work=DjangoLendingWork(), patrons=patrons, clock=clock
            ),
            profile.OwnProfile: partial(profile.own_profile, **profiling, clock=clock),
        },
    )
