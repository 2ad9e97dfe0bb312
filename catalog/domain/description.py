"""What a Book says about itself: the values of its record, each within its bounds."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from catalog.domain.isbn import ISBN, InvalidISBN
from catalog.domain.text import index_words, one_line
from catalog.domain.title import InvalidTitle, Title
from shared_kernel.domain.errors import InvalidValue, Refusal, Refused

MOST_AUTHORS = MOST_SUBJECTS = 100
LONGEST_NAME = 300
_FARTHEST_YEAR = 9999
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}")


class InvalidAuthors(InvalidValue):
    code = "invalid_authors"
    message = "A book has 1 to 100 authors, each one line of 1 to 300 visible characters."
    pointer = "/authors"


class InvalidYear(InvalidValue):
    code = "invalid_year"
    message = "A year is a whole number from -9999 to 9999."
    pointer = "/year"


class InvalidLanguage(InvalidValue):
    code = "invalid_language"
    message = (
        "A language is an ISO 639 code of 2 or 3 letters such as “en” or “ger”, with optional subtags "
        "as in “pt-BR”."
    )
    pointer = "/language"


class InvalidPublisher(InvalidValue):
    code = "invalid_publisher"
    message = "A publisher is one line of 1 to 300 visible characters."
    pointer = "/publisher"


class InvalidSubjects(InvalidValue):
    code = "invalid_subjects"
    message = "A book has at most 100 subjects, each one line of 1 to 300 visible characters."
    pointer = "/subjects"


#: What values out of bounds are refused with.
DESCRIPTION_REFUSALS: Final = (
    InvalidTitle,
    InvalidAuthors,
    InvalidISBN,
    InvalidYear,
    InvalidLanguage,
    InvalidPublisher,
    InvalidSubjects,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The values of a Book's record. The first of `isbns` is the Book's own, the others only find it.

    `year` counts from the common era, before it negative; `language` is a code of ISO 639, lower-case.
    """

    title: Title
    authors: tuple[str, ...]
    isbns: tuple[ISBN, ...] = ()
    year: int | None = None
    language: str | None = None
    publisher: str | None = None
    subjects: tuple[str, ...] = ()

    @classmethod
    def parse(
        cls,
        *,
        title: str,
        authors: Sequence[str],
        isbns: Sequence[str] = (),
        year: int | None = None,
        language: str | None = None,
        publisher: str | None = None,
        subjects: Sequence[str] = (),
    ) -> Self:
        """Read the values as people write them. Raises Refused with every value that is out of bounds."""
        readers: dict[str, Callable[[], object]] = {
            "title": lambda: Title(title),
            "authors": lambda: _names(authors, least=1, most=MOST_AUTHORS, refusal=InvalidAuthors),
            "isbns": lambda: _distinct(ISBN.parse(each) for each in isbns),
            "year": lambda: _year(year),
            "language": lambda: language_code(language) if language else None,
            "publisher": lambda: _publisher(publisher),
            "subjects": lambda: _names(subjects, least=0, most=MOST_SUBJECTS, refusal=InvalidSubjects),
        }
        values: dict[str, Any] = {}  # of the field's type, as its reader gives it
        refusals: list[Refusal] = []
        for name, read in readers.items():
            try:
                values[name] = read()
            except Refused as refused:
                refusals += refused.refusals
        if refusals:
            raise Refused(*refusals)
        return cls(**values)

    @property
    def isbn(self) -> str | None:
        """The digits of the Book's own ISBN, if it has any."""
        return self.isbns[0].digits if self.isbns else None

    @property
    def fingerprint(self) -> str:
        """Equal for records of the same title, authors, year and publisher, however they are written; hex."""
        values = (self.title.text, " ".join(self.authors), str(self.year or ""), self.publisher or "")
        folded = "\n".join(" ".join(index_words(value)) for value in values)
        return hashlib.blake2b(folded.encode(), digest_size=16).hexdigest()

    def overlaid_by(self, newer: Self) -> "Description":
        """This description with the newer values where there are any. ISBNs are added, never taken away."""
        return Description(
            title=newer.title,
            authors=newer.authors,
            isbns=_distinct([*newer.isbns, *self.isbns]),
            year=self.year if newer.year is None else newer.year,
            language=newer.language or self.language,
            publisher=newer.publisher or self.publisher,
            subjects=newer.subjects or self.subjects,
        )


def _names(names: Sequence[str], *, least: int, most: int, refusal: type[InvalidValue]) -> tuple[str, ...]:
    if not least <= len(names) <= most:
        raise refusal
    return tuple(dict.fromkeys(one_line(name, longest=LONGEST_NAME, refusal=refusal) for name in names))


def _distinct(isbns: Iterable[ISBN]) -> tuple[ISBN, ...]:
    return tuple(dict.fromkeys(isbns))


def _year(year: int | None) -> int | None:
    if year is not None and abs(year) > _FARTHEST_YEAR:
        raise InvalidYear
    return year


def language_code(code: str) -> str:
    """The code as it is stored: its language lower-case. Raises InvalidLanguage."""
    if not _LANGUAGE.fullmatch(code):
        raise InvalidLanguage
    primary, dash, subtags = code.partition("-")
    return primary.lower() + dash + subtags


def _publisher(name: str | None) -> str | None:
    return one_line(name, longest=LONGEST_NAME, refusal=InvalidPublisher) if name else None
