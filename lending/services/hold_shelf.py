"""Allocates copies to holds, and sets pickup deadlines on the hold shelf."""

from datetime import datetime
from uuid import UUID

from lending.domain.circulation_rule import effective_terms
from lending.domain.hold import Hold
from lending.domain.hold_queue import FreeCopy, HoldQueue, Pickup
from lending.domain.standing import CirculatingCopy
from lending.services.gateways import Gateways
from lending.services.passing_over import passed_over
from lending.services.ports import LendingWork

#: The pickup period if the patron's category has no terms any more.
_USUAL_PICKUP_DAYS = 7


def allocate_free_copies(
    queue: HoldQueue, work: LendingWork, *, gateways: Gateways, at: datetime, except_copy: UUID | None = None
) -> None:
    """Set every free copy of the book except `except_copy` aside for the hold it goes to."""
    lent = work.loans.lent_of_book(queue.book_id)
    for copy in gateways.copies.of_book(queue.book_id):
        if copy.lendable and copy.id not in lent and copy.id != except_copy:
            allocate_copy(queue, copy, work, gateways=gateways, at=at)


def allocate_copy(
    queue: HoldQueue, copy: CirculatingCopy, work: LendingWork, *, gateways: Gateways, at: datetime
) -> None:
    """Allocate a free copy to the first hold of a patron who may have it now, unless it serves one."""
    if queue.serving(copy.id) is None:
        skipped = passed_over(queue, copy, work, gateways=gateways, at=at)
        free = FreeCopy(id=copy.id, barcode=copy.barcode, branch=copy.branch)
        queue.allocate(free, at=at, passing_over=skipped)


def assign_received_copy(
    queue: HoldQueue,
    copy: CirculatingCopy,
    work: LendingWork,
    *,
    gateways: Gateways,
    scanned_in: str,
    at: datetime,
) -> Hold | None:
    """Allocate a copy received at a branch to its hold, ready at once if it is picked up there."""
    if copy.lendable:
        allocate_copy(queue, copy, work, gateways=gateways, at=at)
    hold = queue.serving(copy.id)
    if hold is None or hold.pickup_branch not in {None, scanned_in} or hold.pickup_deadline_at:
        return hold
    pickup = pickup_for(hold, copy, work, gateways=gateways, branch=scanned_in, at=at)
    return queue.make_ready(hold.id, pickup, at=at)


def reassign_copy(
    queue: HoldQueue, ended: Hold, work: LendingWork, *, gateways: Gateways, at: datetime
) -> None:
    """Give the copy of an ended hold to the next hold, ready at once if it was on the hold shelf."""
    copy = next((it for it in gateways.copies.of_book(queue.book_id) if it.id == ended.copy_id), None)
    if copy is None or not copy.lendable:
        return
    if ended.pickup_deadline_at is None:
        allocate_copy(queue, copy, work, gateways=gateways, at=at)
        return
    branch = ended.pickup_branch or copy.branch
    assign_received_copy(queue, copy, work, gateways=gateways, scanned_in=branch, at=at)


def pickup_for(
    hold: Hold,
    copy: CirculatingCopy,
    work: LendingWork,
    *,
    gateways: Gateways,
    branch: str,
    at: datetime,
) -> Pickup:
    """The pickup branch and deadline, which is the end of an open day of that branch."""
    category = gateways.patrons.standing_of(hold.patron_id).category
    rules = work.rules.matching(branch=copy.branch, category=category, item_type=copy.item_type)
    terms = effective_terms(rules, branch=copy.branch, category=category, item_type=copy.item_type)
    days = terms.pickup_days if terms else _USUAL_PICKUP_DAYS
    return Pickup(branch=branch, deadline_at=work.calendars.of(branch).end_of_open_day(after=at, days=days))
