"""What an import reads from another institution's file, in our words."""

from dataclasses import dataclass, field
from typing import Protocol

LONGEST_ORIGINAL = 100_000
"""In bytes, about what ISO 2709 allows. Of a longer record the original isn't kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """One readable record of the file.

    number: its place in the file, from 1. source_id: what its maker calls it, stable between two exports of
    the same record; None when the maker gave no id of the file's own. title: 1 to 500 characters. authors: at
    least one. isbns: valid ones only, as 13 digits, in the order of the record, the first being the Book's.
    language: a code of ISO 639. All text is NFC, on one line, without control characters.
    remarks: what had to be left out, each a sentence for the person who imports it.
    original: this record alone, as it stands in the file, to be handed back should it be rejected yet;
    nothing where that is too long.
    """

    number: int
    source_id: str | None
    title: str
    authors: tuple[str, ...]
    isbns: tuple[str, ...]
    year: int | None
    language: str | None
    publisher: str | None
    subjects: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    original: bytes = field(default=b"", compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRecord:
    """One record of the file that can't become a Book, and why: a sentence for the person who imports it.

    number: its place in the file, from 1.
    original: this record alone, as it stands in the file; nothing where that can't be told, or is too long.
    """

    number: int
    reason: str
    original: bytes = field(default=b"", compare=False, repr=False)


Record = SourceRecord | RejectedRecord


class Readable(Protocol):
    """A binary stream that is read from where it stands to its end."""

    def read(self, size: int, /) -> bytes:
        """Up to this many bytes; none at the end."""
        ...


def kept_original(octets: bytes) -> bytes:
    """These, unless they are more than anybody keeps."""
    return octets if len(octets) <= LONGEST_ORIGINAL else b""
