"""Finds the active hold that a command is about."""

from uuid import UUID

from lending.domain.hold import Hold
from lending.domain.hold_queue import HoldNotFound, HoldQueue
from lending.services.gateways import Gateways
from lending.services.ports import LendingWork
from shared_kernel.services.request_context import bind_audit_subjects


def locked_hold(
    hold_id: UUID, work: LendingWork, *, gateways: Gateways, viewer_login: int | None = None
) -> tuple[HoldQueue, Hold]:
    """The hold and its book's queue, locked. `viewer_login` limits it to that login's own holds.

    Raises HoldNotFound, also for another patron's hold, and HoldNotActive for one that has ended.
    """
    bind_audit_subjects(hold=hold_id)
    queue = work.holds.of_hold(hold_id, patron=_patron_of(viewer_login, gateways))
    hold = queue.hold(hold_id)
    bind_audit_subjects(book=queue.book_id, patron=hold.patron_id, copy=hold.copy_id)
    return queue, hold


def _patron_of(viewer_login: int | None, gateways: Gateways) -> UUID | None:
    if viewer_login is None:
        return None
    patron = gateways.patrons.id_of_login(viewer_login)
    if patron is None:
        raise HoldNotFound
    return patron
