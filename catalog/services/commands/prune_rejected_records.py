"""Delete rejected records that nobody fetched in time."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from catalog.services.ports import CatalogWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command

REJECTED_KEPT_FOR: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneRejectedRecords(Command[int]):
    """Delete the rejected records of imports that finished over 30 days ago; the result is how many.

    A file may contain anything, personal data included. How many records were rejected, and why, stays.
    """

    audited: ClassVar[bool] = False


def prune_rejected_records(_command: PruneRejectedRecords, work: CatalogWork, *, clock: Clock) -> int:
    """Delete them."""
    return work.imports.prune_rejected(finished_before=clock.now() - REJECTED_KEPT_FOR)
