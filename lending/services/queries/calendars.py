"""Queries about branches and their calendars."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from lending.domain.branch_calendar import BranchCalendar, ClosureInvalid, ClosureOverlaps
from lending.models import BranchRow, ClosureRow, HoldRow, LoanRow
from lending.services.calendar_details import (
    BranchDetails,
    ClosureDetails,
    ClosurePreview,
    RedatedHold,
    RedatedLoan,
)
from lending.services.ports import BranchNotFound, LendingWork, PatronDirectory, UnknownBranch
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Query
from shared_kernel.services.pagination import Page, PageRequest, keyset_page

_BRANCH: Final = ("code", "name", "time_zone", "closed_weekdays")
_CLOSURE: Final = ("id", "first_on", "last_on", "reason")
_EXAMPLES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBranches(Query[Page[BranchDetails]]):
    """All branches."""

    page: PageRequest


def list_branches(query: ListBranches) -> Page[BranchDetails]:
    """A page of them, by their codes."""
    found = keyset_page(BranchRow.objects.values(*_BRANCH), order=("code",), request=query.page)
    return found.mapped(lambda page: [BranchDetails(**row) for row in page])


@dataclass(frozen=True, slots=True, kw_only=True)
class GetBranch(Query[BranchDetails]):
    """The branch with this code."""

    code: str


def get_branch(query: GetBranch) -> BranchDetails:
    """The branch. Raises BranchNotFound."""
    row = BranchRow.objects.filter(code=query.code).values(*_BRANCH).first()
    if row is None:
        raise BranchNotFound
    return BranchDetails(**row)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListClosures(Query[Page[ClosureDetails]]):
    """The closures of the branch with this code."""

    refusals = (BranchNotFound,)

    branch: str
    page: PageRequest


def list_closures(query: ListClosures) -> Page[ClosureDetails]:
    """A page of closures, the latest first. Raises BranchNotFound."""
    branch = BranchRow.objects.filter(code=query.branch).values_list("id", flat=True).first()
    if branch is None:
        raise BranchNotFound
    rows = ClosureRow.objects.filter(branch_id=branch).values(*_CLOSURE)
    found = keyset_page(rows, order=("first_on", "id"), request=query.page, descending=True)
    return found.mapped(lambda page: [ClosureDetails(**row, branch=query.branch) for row in page])


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewClosure(Query[ClosurePreview]):
    """Preview a closure of the branch with this code."""

    refusals = (BranchNotFound, ClosureInvalid, ClosureOverlaps)

    branch: str
    first_on: date
    last_on: date


def preview_closure(
    query: PreviewClosure, *, work: LendingWork, patrons: PatronDirectory, clock: Clock
) -> ClosurePreview:
    """The loans and holds that the closure would move. Refused as AddClosure would be."""
    try:
        calendar = work.calendars.of(query.branch)
    except UnknownBranch:
        raise BranchNotFound from None
    closure = calendar.close(first_on=query.first_on, last_on=query.last_on, reason="", at=clock.now())
    span = (calendar.start_of(closure.first_on), calendar.end_of(closure.last_on))
    loans = LoanRow.objects.filter(state=LoanRow.State.OPEN, branch=calendar.code, due_at__range=span)
    ready = HoldRow.objects.filter(state=HoldRow.State.READY, pickup_branch=calendar.code)
    holds = ready.filter(pickup_deadline_at__range=span)
    moved_loans = _moved_loans(list(loans.order_by("due_at", "id")[:_EXAMPLES]), calendar, patrons, clock)
    moved_holds = _moved_holds(list(holds.order_by("pickup_deadline_at", "id")[:_EXAMPLES]), calendar, clock)
    return ClosurePreview(
        branch=calendar.code,
        first_on=closure.first_on,
        last_on=closure.last_on,
        loans=loans.count(),
        holds=holds.count(),
        loan_examples=moved_loans,
        hold_examples=moved_holds,
    )


def _moved_loans(
    rows: list[LoanRow], calendar: BranchCalendar, patrons: PatronDirectory, clock: Clock
) -> list[RedatedLoan]:
    ends = patrons.membership_ends([row.patron_id for row in rows if row.patron_id])
    return [
        RedatedLoan(
            id=row.id,
            copy_barcode=row.barcode,
            title=row.title,
            due_at=row.due_at,
            new_due_at=calendar.moved_to_open_day(
                row.due_at, now=clock.now(), not_after=ends.get(row.patron_id) if row.patron_id else None
            ),
        )
        for row in rows
    ]


def _moved_holds(rows: list[HoldRow], calendar: BranchCalendar, clock: Clock) -> list[RedatedHold]:
    return [
        RedatedHold(
            id=row.id,
            title=row.title,
            pickup_deadline_at=row.pickup_deadline_at,
            new_pickup_deadline_at=calendar.moved_to_open_day(row.pickup_deadline_at, now=clock.now()),
        )
        for row in rows
        if row.pickup_deadline_at
    ]
