"""Change the condition of a Copy."""

from dataclasses import dataclass
from uuid import UUID

from catalog.domain.barcode import Barcode, InvalidBarcode
from catalog.domain.copy import (
    Condition,
    Copy,
    CopyNotFound,
    InvalidCondition,
    InvalidReason,
)
from catalog.services.copy_details import CopyDetails
from catalog.services.ports import CatalogWork, CirculationFacts
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.text import ReasonRequired
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects

NOT_ON_THE_SHELF = "not found on the shelf"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCopyCondition(Command[CopyDetails]):
    """Change the condition of a Copy. A reason is required unless it comes back into service."""

    refusals = (
        CopyNotFound,
        InvalidCondition,
        ReasonRequired,
        InvalidReason,
        "has_open_loans",
        "has_active_holds",
    )

    barcode: str
    condition: str
    reason: str = ""

    @property
    def comment(self) -> str:
        """What the audit keeps."""
        return self.reason


def change_copy_condition(
    command: ChangeCopyCondition, work: CatalogWork, *, clock: Clock, circulation: CirculationFacts
) -> CopyDetails:
    """Change it. Raises CopyNotFound, ReasonRequired, InvalidCondition and InvalidReason.

    None that is lent or set aside is withdrawn: refused as circulation says.
    """
    condition = Condition.parse(command.condition)
    copy = _scanned(command.barcode, work)
    bind_audit_subjects(copy=copy.id, book=copy.book_id)
    if condition is Condition.WITHDRAWN:
        refusal = circulation.may_withdraw(copy.id, copy.book_id)
        if refusal:
            raise refusal
    copy.change_condition(condition, reason=command.reason, at=clock.now())
    return CopyDetails.of(copy, state=circulation.states_of([copy.id]).get(copy.id))


def _scanned(barcode: str, work: CatalogWork) -> Copy:
    try:
        return work.copies.with_barcode(Barcode(barcode))
    except InvalidBarcode:
        raise CopyNotFound from None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkCopyMissing(Command[None]):
    """Take a Copy that was not on its shelf out of service, until it turns up."""

    copy: UUID


def mark_copy_missing(command: MarkCopyMissing, work: CatalogWork, *, clock: Clock) -> None:
    """Take it out. One that has gone, or that nobody would lend anyway, stays as it is."""
    bind_audit_subjects(copy=command.copy)
    copy = work.copies.find(lock=True, id=command.copy)
    if copy is not None and copy.condition is Condition.IN_SERVICE:
        bind_audit_subjects(book=copy.book_id)
        copy.change_condition(Condition.MISSING, reason=NOT_ON_THE_SHELF, at=clock.now())
