"""Claim an import for a worker, and finish it."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from catalog.domain.import_states import FileFormat, ImportState
from catalog.services.ports import CatalogWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command, Result
from shared_kernel.services.request_context import bind_audit_subjects

_NOT_IN_DATABASE = "It was interrupted. Import the file again: what is imported already stays as it is."


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedImport(Result):
    """An import to continue after record number `handled`, or to revert if it is `reverting`."""

    id: UUID
    format: FileFormat
    encoding: str | None
    handled: int
    reverting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimImport(Command[ClaimedImport | None]):
    """Claim the oldest import that is waiting or abandoned; None if there is none.

    `import_id` restricts it to that import.
    """

    audited: ClassVar[bool] = False

    claim: UUID
    import_id: UUID | None = None


def claim_import(command: ClaimImport, work: CatalogWork, *, clock: Clock) -> ClaimedImport | None:
    """Claim it. An import whose file only a process that is gone could read fails."""
    now = clock.now()
    while (waiting := work.imports.next_waiting(command.claim, at=now, id=command.import_id)) is not None:
        if waiting.in_database or waiting.state is ImportState.REVERTING:
            waiting.claim_for(command.claim, at=now)
            return ClaimedImport(
                id=waiting.id,
                format=waiting.format,
                encoding=waiting.encoding,
                handled=waiting.handled,
                reverting=waiting.state is ImportState.REVERTING,
            )
        waiting.finish(at=now, failure=_NOT_IN_DATABASE)
        work.imports.flush()
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishImport(Command[None]):
    """Finish an import: all records are handled, or it has failed."""

    audited: ClassVar[bool] = False

    import_id: UUID
    claim: UUID
    failure: str = ""


def finish_import(command: FinishImport, work: CatalogWork, *, clock: Clock) -> None:
    """Finish it and delete the file. Raises ImportOvertaken."""
    bind_audit_subjects(**{"import": command.import_id})
    ended = work.imports.get(command.import_id, lock=True)
    ended.require_claim(command.claim, at=clock.now())
    ended.finish(at=clock.now(), failure=command.failure)
    work.imports.drop_content(ended.id)
