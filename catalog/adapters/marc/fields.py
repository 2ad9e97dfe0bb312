"""A MARC record as both of its transmission formats give it: a leader and decoded fields."""

from collections.abc import Iterator
from dataclasses import dataclass

from pymarc import Field

WANTED_TAGS = frozenset(
    {"001", "003", "008", "020", "035", "041", "046", "100", "110", "111", "245", "260", "264"}
    | {"600", "610", "611", "630", "647", "648", "650", "651", "653", "654", "655"}
    | {"700", "710", "711"}
)
"""The fields that say something about a Book. No other is decoded: a bad byte in a note costs nothing."""

LONGEST_RECORD = 1_000_000
"""In bytes or characters. ISO 2709 allows 99 999 and real files exceed it; beyond this it is no record."""


class UnreadableRecord(Exception):
    """The record can't be read; the message is a sentence for the person who imports it."""


@dataclass(frozen=True, slots=True)
class MarcRecord:
    """A record of the file. leader may be shorter than the standard's 24 characters."""

    leader: str
    fields: list[Field]

    def tagged(self, *tags: str) -> Iterator[Field]:
        """Give the fields that have one of the tags, in the order of the record."""
        return (field for field in self.fields if field.tag in tags)

    def control(self, tag: str) -> str:
        """Give the text of a control field, or nothing when the record lacks it."""
        return next((field.data for field in self.tagged(tag) if field.data), "")


ReadRecord = tuple[MarcRecord | UnreadableRecord, bytes]
"""A record, or why it can't be read; also its octets in the file, if its bounds are known."""
