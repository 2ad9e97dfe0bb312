"""Finds the holds that a copy passes over, because their patrons may not have it now."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from lending.domain.circulation_rule import effective_terms
from lending.domain.hold import Hold
from lending.domain.hold_queue import HoldQueue
from lending.domain.policies.allocating import may_have_it
from lending.domain.standing import BorrowerStanding, CirculatingCopy
from lending.services.gateways import Gateways
from lending.services.ports import LendingWork


def passed_over(
    queue: HoldQueue, copy: CirculatingCopy, work: LendingWork, *, gateways: Gateways, at: datetime
) -> Collection[UUID]:
    """The ids of the holds that the copy could fill if their patrons were allowed to have it.

    The patrons are read without locks: whatever lets one of them in again allocates anew.
    """
    waiting = [hold for hold in queue.holds if hold.can_be_filled_by(copy.id)]
    if not waiting:
        return ()
    allowed = entitled(waiting, copy, work, gateways=gateways, at=at)
    return [hold.id for hold in waiting if hold.id not in allowed]


def is_held_for_another(
    queue: HoldQueue,
    copy: CirculatingCopy,
    work: LendingWork,
    *,
    patron_id: UUID,
    gateways: Gateways,
    at: datetime,
) -> bool:
    """Whether the copy serves another patron's hold, or would go to one if it were free.

    The patron's own hold counts as first where it is, whatever stands against them.
    """
    hold = queue.serving(copy.id) or queue.first_for(copy.id)
    if hold is None or hold.patron_id == patron_id:
        return False
    if hold.has_copy:
        return True
    own = queue.of_patron(patron_id)
    skipped = passed_over(queue, copy, work, gateways=gateways, at=at)
    first = queue.first_for(copy.id, passing_over=[it for it in skipped if own is None or it != own.id])
    return first is not None and first.patron_id != patron_id


def entitled(
    holds: Iterable[Hold], copy: CirculatingCopy, work: LendingWork, *, gateways: Gateways, at: datetime
) -> Collection[UUID]:
    """The ids of those holds whose patrons may have this copy now."""
    waiting = list(holds)
    patrons = gateways.patrons.standings_of({hold.patron_id for hold in waiting})

    def is_entitled(hold: Hold) -> bool:
        patron = patrons.get(hold.patron_id)
        return patron is not None and _may_have_it(patron, hold, copy, work, at=at)

    return {hold.id for hold in waiting if is_entitled(hold)}


def _may_have_it(
    patron: BorrowerStanding, hold: Hold, copy: CirculatingCopy, work: LendingWork, *, at: datetime
) -> bool:
    rules = work.rules.matching(branch=copy.branch, category=patron.category, item_type=copy.item_type)
    terms = effective_terms(rules, branch=copy.branch, category=patron.category, item_type=copy.item_type)
    today = work.calendars.of(hold.pickup_branch or copy.branch).day_of(at)
    return may_have_it(patron, terms=terms, today=today)
