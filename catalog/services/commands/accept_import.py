"""Accept a file to be imported."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from catalog.domain.import_states import FileFormat
from catalog.services.imports.details import ImportDetails
from catalog.services.imports.job import LARGEST_FILE, FileTooLarge, FileUnreadable, Import, UnknownEncoding
from catalog.services.ports import CatalogWork, FileReader
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptImport(Command[ImportDetails]):
    """Accept a file of MARC 21, MARCXML or CSV; a worker imports it.

    `encoding` overrides what the file says about its text.
    """

    refusals = (FileTooLarge, FileUnreadable, UnknownEncoding)

    name: str
    content: bytes
    encoding: str | None = None


def accept_import(
    command: AcceptImport, work: CatalogWork, *, clock: Clock, files: FileReader
) -> ImportDetails:
    """Queue it. Raises FileTooLarge, FileUnreadable, UnknownEncoding."""
    if len(command.content) > LARGEST_FILE:
        raise FileTooLarge
    recognised = files.recognise(command.content, name=command.name, encoding=command.encoding)
    accepted = Import(
        id=uuid4(),
        name=_shown(command.name),
        format=recognised.format,
        encoding=command.encoding,
        size=len(command.content),
        total=recognised.total,
        in_database=True,
        created_at=clock.now(),
    )
    bind_audit_subjects(**{"import": accepted.id})
    work.imports.add(accepted, command.content)
    return ImportDetails.of(accepted)


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginImport(Command[UUID]):
    """Begin to import a file that this process reads from its own disk; the result is the import's id.

    No other process can continue it: if interrupted, it fails, and the same file can be imported again.
    """

    name: str
    size: int
    total: int | None
    format: str
    encoding: str | None
    claim: UUID


def begin_import(command: BeginImport, work: CatalogWork, *, clock: Clock) -> UUID:
    """Record the import as running."""
    begun = Import(
        id=uuid4(),
        name=_shown(command.name),
        format=FileFormat(command.format),
        encoding=command.encoding,
        size=command.size,
        total=command.total,
        in_database=False,
        created_at=clock.now(),
    )
    bind_audit_subjects(**{"import": begun.id})
    begun.claim_for(command.claim, at=clock.now())
    work.imports.add(begun, b"")
    return begun.id


def _shown(name: str) -> str:
    """The file's own name, as far as it can be shown."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in last if char.isprintable())[:_LONGEST_NAME] or "file"
