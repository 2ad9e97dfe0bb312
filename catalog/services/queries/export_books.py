"""Books handed out as records, however many: some at a time, so that memory stays small."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from catalog.domain.copy import Condition
from catalog.domain.description import InvalidLanguage, language_code
from catalog.domain.isbn import ISBN, InvalidISBN
from catalog.models import BookRow, CopyRow, IsbnRow
from catalog.services.ports import CirculationFacts
from catalog.services.read_models import has_free_copy
from catalog.services.search.correction import corrected_text
from catalog.services.search.matches import all_matches, match_counts
from catalog.services.search.search_query import SearchQuery
from shared_kernel.services.bus import Query

_TOGETHER = 500
_COLUMNS = ("id", "title", "authors", "isbns", "year", "language", "publisher", "subjects", "added_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedCopy:
    """A Copy of an exported Book, by its barcode and its home branch's code."""

    barcode: str
    branch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedBook:
    """A Book as it is handed out. `added_on` is the day of UTC on which it came, as YYMMDD."""

    id: UUID
    title: str
    authors: tuple[str, ...]
    isbns: tuple[str, ...]
    year: int | None
    language: str | None
    publisher: str | None
    subjects: tuple[str, ...]
    added_on: str
    copies: tuple[ExportedCopy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportBooks(Query[Iterator[ExportedBook]]):
    """All Books that a search finds, not only its first thousand; all Books where nothing is asked for."""

    refusals = (InvalidISBN, InvalidLanguage)

    q: str = ""
    author: str = ""
    isbn: str | None = None
    language: str | None = None
    available: bool | None = None


def export_books(query: ExportBooks, *, circulation: CirculationFacts) -> Iterator[ExportedBook]:
    """The Books in no particular order, read as they are taken. Raises InvalidISBN and InvalidLanguage."""
    rows = BookRow.objects.filter(*_conditions(query, circulation))
    return _exported(rows)


def _conditions(query: ExportBooks, circulation: CirculationFacts) -> list[Any]:  # Django's Q and the like
    conditions: list[Any] = []
    language = None if query.language is None else language_code(query.language)
    search = SearchQuery.of(query.q, author=query.author, language=language)
    if search is not None:
        mended = None if any(match_counts(search)) else corrected_text(query.q, search)
        meant = SearchQuery.of(mended, author=query.author, language=language) if mended else None
        conditions.append(all_matches(meant or search))
    elif language is not None:
        conditions.append(Q(language=language))
    if query.isbn is not None:
        conditions.append(Q(id__in=IsbnRow.objects.filter(isbn=ISBN.parse(query.isbn).digits).values("book")))
    if query.available is not None:
        free = has_free_copy(circulation)
        conditions.append(free if query.available else ~free)
    return conditions


def _exported(rows: QuerySet[BookRow]) -> Iterator[ExportedBook]:
    last: UUID | None = None
    while True:
        behind = rows if last is None else rows.filter(id__gt=last)
        chunk = list(behind.order_by("id").values(*_COLUMNS)[:_TOGETHER])
        if not chunk:
            return
        copies = _copies([row["id"] for row in chunk])
        for row in chunk:
            yield _book(row, copies.get(row["id"], ()))
        last = chunk[-1]["id"]


def _copies(books: list[UUID]) -> Mapping[UUID, tuple[ExportedCopy, ...]]:
    found: dict[UUID, tuple[ExportedCopy, ...]] = defaultdict(tuple)
    rows = CopyRow.objects.filter(book__in=books).exclude(condition=Condition.WITHDRAWN).order_by("barcode")
    for book, barcode, branch in rows.values_list("book_id", "barcode", "branch"):
        found[book] += (ExportedCopy(barcode=barcode, branch=branch),)
    return found


def _book(row: dict[str, Any], copies: tuple[ExportedCopy, ...]) -> ExportedBook:
    return ExportedBook(
        id=row["id"],
        title=row["title"],
        authors=tuple(row["authors"]),
        isbns=tuple(row["isbns"]),
        year=row["year"],
        language=row["language"] or None,
        publisher=row["publisher"] or None,
        subjects=tuple(row["subjects"]),
        added_on=f"{row['added_at']:%y%m%d}",
        copies=copies,
    )
