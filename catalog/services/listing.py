"""The list of Books: leafed through in some order, or found by words, the best first."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.db.models import Q, QuerySet

from catalog.domain.description import language_code
from catalog.domain.isbn import ISBN
from catalog.models import BookRow, IsbnRow
from catalog.services.answers import BookView
from catalog.services.correction import Corrected, corrected
from catalog.services.ports import CirculationFacts
from catalog.services.reading import BOOK, book_views, has_free_copy, stock_of_books
from catalog.services.relevance import ranked
from catalog.services.scanning import page_within_reach
from catalog.services.search import Hit, Sought, hits
from shared_kernel.services.bus import Query
from shared_kernel.services.pages import Page, PageRequest, keyset_page

BookOrder = Literal["relevance", "title", "-title", "year", "-year", "added", "-added"]
_ORDERS = {"title": ("sort_key", "id"), "year": ("year_key", "id"), "added": ("added_at", "id")}


@dataclass(frozen=True, slots=True, kw_only=True)
class BookPage(Page[BookView]):
    """A page of Books, and what was looked for instead, where the words asked for found nothing."""

    corrected_from: str | None = None
    corrected_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBooks(Query[BookPage]):
    """The Books, with what there is of each.

    `q` is looked for in titles, authors, ISBNs and subjects, `author` in authors alone: every word must be
    the beginning of one, whatever its accents and case. `isbn` as people write it; `language` a code of
    ISO 639. `available` asks for a free copy in service, or for none. Without an order, what was found by `q`
    comes by relevance, all else by title. By year, those without one come first.
    """

    page: PageRequest
    q: str = ""
    author: str = ""
    isbn: str | None = None
    language: str | None = None
    available: bool | None = None
    ordering: BookOrder | None = None


def list_books(query: ListBooks, *, circulation: CirculationFacts) -> BookPage:
    """One page, by seven SQL queries at most, and some more where a misspelt word is mended.

    Raises InvalidISBN and InvalidLanguage. By words a thousand Books are found at most. A page of those that
    are available, or are not, may hold fewer than asked for, or none, and yet have a next one.
    """
    language = None if query.language is None else language_code(query.language)
    sought = Sought.of(query.q, author=query.author, language=language)
    of_isbn = None if query.isbn is None else _with_isbn(query.isbn)
    if sought is None:
        rows = BookRow.objects.filter(*([Q(language=language)] if language else []))
        page = _leafed(query, rows if of_isbn is None else rows.filter(id__in=of_isbn), circulation)
        return _answer(page, circulation)
    found = hits(sought)
    mended = None if found else corrected(query.q, sought)
    if mended is not None:
        found, sought = mended.hits, mended.sought
    if of_isbn is not None:
        found = [hit for hit in found if hit.id in of_isbn]
    found = _available(found, query, circulation)
    by_words = query.ordering == "relevance" or (query.ordering is None and query.q.strip())
    page = _by_relevance(query.page, found, sought) if by_words else _sorted(query, found)
    return _answer(page, circulation, query.q, mended)


def _answer(
    page: Page[dict[str, Any]], circulation: CirculationFacts, q: str = "", mended: Corrected | None = None
) -> BookPage:
    return BookPage(
        results=book_views(page.results, circulation),
        next=page.next,
        previous=page.previous,
        corrected_from=q.strip() if mended else None,
        corrected_to=mended.text if mended else None,
    )


def _with_isbn(isbn: str) -> set[UUID]:
    return set(IsbnRow.objects.filter(isbn=ISBN.parse(isbn).digits).values_list("book_id", flat=True))


def _available(found: list[Hit], query: ListBooks, circulation: CirculationFacts) -> list[Hit]:
    if query.available is None or not found:
        return found
    stock = stock_of_books([hit.id for hit in found], circulation)
    return [hit for hit in found if bool(stock[hit.id]["available"]) == query.available]


def _by_relevance(request: PageRequest, found: list[Hit], sought: Sought) -> Page[dict[str, Any]]:
    """The page out of the Books found, which are few enough to be ranked here, alike for every database."""
    keys = [(rank, hit.sort_key, hit.id) for rank, hit in ranked(found, sought.words)]
    if request.keys is None:
        start, end = 0, request.size
    elif request.backwards:
        end = bisect_left(keys, request.keys)
        start = max(0, end - request.size)
    else:
        start = bisect_right(keys, request.keys)
        end = start + request.size
    shown = keys[start:end]
    rows = {row["id"]: row for row in BookRow.objects.filter(id__in=[it[-1] for it in shown]).values(*BOOK)}
    return Page(
        results=[rows[book] for *_, book in shown if book in rows],
        next=shown[-1] if shown and end < len(keys) else None,
        previous=shown[0] if shown and start > 0 else None,
    )


def _sorted(query: ListBooks, found: list[Hit]) -> Page[dict[str, Any]]:
    rows = BookRow.objects.filter(id__in=[hit.id for hit in found])
    return _keyset(query, rows, query.page)


def _leafed(query: ListBooks, rows: QuerySet[BookRow], circulation: CirculationFacts) -> Page[dict[str, Any]]:
    if query.available is None:
        return _keyset(query, rows, query.page)
    free = has_free_copy(circulation)
    order, descending = _order(query)
    return page_within_reach(
        rows,
        free if query.available else ~free,
        columns=BOOK,
        order=order,
        request=query.page,
        descending=descending,
    )


def _keyset(query: ListBooks, rows: QuerySet[BookRow], request: PageRequest) -> Page[dict[str, Any]]:
    order, descending = _order(query)
    columns = dict.fromkeys((*BOOK, *order))
    return keyset_page(rows.values(*columns), order=order, request=request, descending=descending)


def _order(query: ListBooks) -> tuple[Sequence[str], bool]:
    name = "title" if query.ordering in {None, "relevance"} else str(query.ordering)
    return _ORDERS[name.removeprefix("-")], name.startswith("-")
