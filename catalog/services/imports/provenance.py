"""Where a Book's record came from, so that importing the same file again changes nothing."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from catalog.services.imports.records import SourceRecord


@dataclass(slots=True, kw_only=True)
class Source:
    """A record of an imported file, and the Book that it became or was merged into.

    `key` finds the record of an earlier import, `digest` tells whether the record has changed since.
    `last_import` and `number` say which record of which import was found to be this one last. `id` is the
    storage's, None for one that was never stored.
    """

    id: int | None = None
    book_id: UUID
    key: str
    digest: str
    last_import: UUID
    number: int


def key_of(record: SourceRecord, fingerprint: str) -> str:
    """What identifies a record from one import to the next: its own id or else its fingerprint, hashed."""
    return _hash("id", record.source_id) if record.source_id else _hash("fingerprint", fingerprint)


def digest_of(record: SourceRecord) -> str:
    """Equal for records that say the same, hashed."""
    return _hash(
        *(record.title, record.authors, record.isbns, record.year),
        *(record.language, record.publisher, record.subjects),
    )


def _hash(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
