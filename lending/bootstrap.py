"""Lending, wired: each handler bound to what it needs."""

from functools import partial
from typing import Any

from lending.adapters.acl import CatalogCopies, PatronsAsBorrowers
from lending.adapters.unit_of_work import DjangoLendingWork
from lending.services.borrowing import Directories
from lending.services.commands import change_hold
from lending.services.commands.borrow_book import BorrowBook, borrow_book
from lending.services.commands.place_hold import PlaceHold, place_hold
from lending.services.commands.remind_due_soon import RemindDueSoon, remind_due_soon
from lending.services.commands.renew_loan import RenewLoan, renew_loan
from lending.services.commands.return_book import ReturnBook, return_book
from lending.services.queries import desk, profile
from lending.services.queries import holds as hold_queries
from lending.services.queries import loans as loan_queries
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Handlers


def handlers(*, clock: Clock) -> Handlers:
    """What lending can do."""
    patrons, copies = PatronsAsBorrowers(), CatalogCopies()
    directories = Directories(patrons=patrons, copies=copies)
    wired: dict[str, Any] = {"directories": directories, "clock": clock}  # for partial(), untyped anyway
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
            RemindDueSoon: partial(remind_due_soon, clock=clock),
            change_hold.AllocateCopies: partial(change_hold.allocate_copies, **wired),
        },
        queries={
            loan_queries.Eligibility: lambda query: loan_queries.eligibility(
                query, work=DjangoLendingWork(), **wired
            ),
            loan_queries.FindBorrower: partial(loan_queries.find_borrower, patrons=patrons),
            loan_queries.FindCopy: partial(loan_queries.find_copy, copies=copies),
            loan_queries.GetLoan: partial(loan_queries.get_loan, patrons=patrons, clock=clock),
            loan_queries.ListLoans: partial(loan_queries.list_loans, patrons=patrons, clock=clock),
            hold_queries.GetHold: partial(hold_queries.get_hold, patrons=patrons),
            hold_queries.ListHolds: partial(hold_queries.list_holds, patrons=patrons),
            hold_queries.ListQueue: hold_queries.list_queue,
            profile.PatronProfile: partial(profile.patron_profile, patrons=patrons, clock=clock),
            profile.CardProfile: partial(profile.card_profile, patrons=patrons, clock=clock),
            desk.DeskBoard: partial(desk.desk_board, patrons=patrons, clock=clock),
            profile.OwnProfile: partial(profile.own_profile, patrons=patrons, clock=clock),
        },
    )
