"""What a worker does with imports between their records: take one on, lay it down, bring it to its end."""

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
    """An import to go on with: behind record number `handled`, or undoing it where it is `reverting`."""

    id: UUID
    format: FileFormat
    encoding: str | None
    handled: int
    reverting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimImport(Command[ClaimedImport | None]):
    """Take on the oldest import that waits, or that its worker has left; None if there is none.

    `import_id` asks for that one alone.
    """

    audited: ClassVar[bool] = False

    claim: UUID
    import_id: UUID | None = None


def claim_import(command: ClaimImport, work: CatalogWork, *, clock: Clock) -> ClaimedImport | None:
    """Take it on. One whose file only a process that is gone could read has failed."""
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
    """Note that all records are handled, or why the rest never will be."""

    audited: ClassVar[bool] = False

    import_id: UUID
    claim: UUID
    failure: str = ""


def finish_import(command: FinishImport, work: CatalogWork, *, clock: Clock) -> None:
    """Bring it to its end; the file isn't kept any longer. Raises ImportOvertaken."""
    bind_audit_subjects(**{"import": command.import_id})
    ended = work.imports.get(command.import_id, lock=True)
    ended.require_claim(command.claim, at=clock.now())
    ended.finish(at=clock.now(), failure=command.failure)
    work.imports.drop_content(ended.id)
