"""What became of the records of a file."""

from dataclasses import dataclass

from shared_kernel.services.bus import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection(Result):
    """A record of the file that was not imported, by its place in the file from 1, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport(Result):
    """How many records of a file became new Books, changed one or changed nothing; the new ones' copies.

    `remarks` tell what of a record was left out, since nobody can know what it was.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    copies: int = 0
    rejected: tuple[Rejection, ...] = ()
    remarks: tuple[Rejection, ...] = ()

    def __add__(self, other: "ImportReport") -> "ImportReport":
        return ImportReport(
            created=self.created + other.created,
            updated=self.updated + other.updated,
            unchanged=self.unchanged + other.unchanged,
            copies=self.copies + other.copies,
            rejected=self.rejected + other.rejected,
            remarks=self.remarks + other.remarks,
        )
