"""List Books: all of them in some order, or those that match a search, best first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial, reduce
from operator import and_
from typing import Any
from uuid import UUID

from django.db.models import Q

from catalog.domain.description import InvalidLanguage, language_code
from catalog.domain.isbn import ISBN, InvalidISBN
from catalog.models import BookRow, IsbnRow
from catalog.services.book_details import BookDetails
from catalog.services.book_ordering import LOOKUPS, BookOrder, books_in_order, columns_of, is_by_addition
from catalog.services.bounded_pagination import bounded_page
from catalog.services.ports import CirculationFacts
from catalog.services.read_models import (
    BOOK,
    book_details,
    book_rows,
    books_with_free_copies,
    books_with_stock,
    has_free_copy,
)
from catalog.services.search.correction import corrected_text
from catalog.services.search.matches import MOST_BOOKS, match_counts, matching_ids
from catalog.services.search.relevance import RankingKey, ranked
from catalog.services.search.search_query import SearchQuery
from shared_kernel.services.bus import Query
from shared_kernel.services.pagination import Page, PageRequest, page_of


@dataclass(frozen=True, slots=True, kw_only=True)
class BookPage(Page[BookDetails]):
    """A page of Books; the original and the corrected search, if `q` found nothing and was corrected."""

    corrected_from: str | None = None
    corrected_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBooks(Query[BookPage]):
    """The Books, each with its availability.

    `q` searches titles, authors, ISBNs and subjects, `author` only authors: each word must be a prefix of one
    of the Book's, ignoring accents and case. `isbn` is as people write it; `language` a code of ISO 639;
    `available` asks for Books with a free copy in service, or without. `added_since` is a day of UTC. The
    default order is by relevance with `q`, latest additions first with `added_since`, else by title. By
    ascending year, Books without a year come first.
    """

    refusals = (InvalidISBN, InvalidLanguage)

    page: PageRequest
    q: str = ""
    author: str = ""
    isbn: str | None = None
    language: str | None = None
    available: bool | None = None
    added_since: date | None = None
    ordering: BookOrder | None = None


def list_books(query: ListBooks, *, circulation: CirculationFacts) -> BookPage:
    """One page, with at most seven SQL queries, and some more to correct a misspelt word.

    A search finds at most a thousand Books. With `available`, or with `added_since` together with `language`
    or another order, a page may have fewer Books than asked for, or none, and still have a next page.
    Raises InvalidISBN and InvalidLanguage.
    """
    language = None if query.language is None else language_code(query.language)
    search = SearchQuery.of(query.q, author=query.author, language=language)
    of_isbn = None if query.isbn is None else _with_isbn(query.isbn)
    if search is None:
        return _answer(_listed(query, language, of_isbn, circulation))
    page, mended = _found(query, search, of_isbn, circulation), None
    if not page.results and not any(match_counts(search)):
        mended = corrected_text(query.q, search)
        if mended is not None and (meant := SearchQuery.of(mended, author=query.author, language=language)):
            page = _found(query, meant, of_isbn, circulation)
    return _answer(page, query.q, mended)


def _answer(page: Page[dict[str, Any]], q: str = "", mended: str | None = None) -> BookPage:
    return BookPage(
        results=book_details(page.results),
        next=page.next,
        previous=page.previous,
        corrected_from=q.strip() if mended else None,
        corrected_to=mended,
    )


def _with_isbn(isbn: str) -> set[UUID]:
    return set(IsbnRow.objects.filter(isbn=ISBN.parse(isbn).digits).values_list("book_id", flat=True))


def _found(
    query: ListBooks, search: SearchQuery, of_isbn: set[UUID] | None, circulation: CirculationFacts
) -> Page[dict[str, Any]]:
    wanted = partial(_wanted, query=query, of_isbn=of_isbn, circulation=circulation)
    if query.ordering != "relevance" and (query.ordering or not query.q.strip()):
        pages = books_in_order(query.ordering, "id", circulation=circulation)
        return pages.page(query.page, id=wanted(matching_ids(search)))
    enough = query.page.size + 1
    if of_isbn is None and query.available is None and query.added_since is None:
        places = ranked(search, query.page, at_most=enough)
    else:
        places = _first_wanted(ranked(search, query.page, at_most=MOST_BOOKS), wanted, enough=enough)
    page = page_of(places, query.page, keys=tuple)
    return page.mapped(partial(_rows, circulation=circulation))


def _first_wanted(
    places: list[RankingKey], wanted: Callable[[list[UUID]], list[UUID]], *, enough: int
) -> list[RankingKey]:
    """Those that are wanted; of the farther ones only where there aren't enough among the near."""
    near = enough * 5
    found: list[RankingKey] = []
    for some in (places[:near], places[near:]):
        if len(found) < enough:
            books = set(wanted([book for *_, book in some]))
            found += [place for place in some if place[-1] in books]
    return found


def _wanted(
    books: list[UUID], *, query: ListBooks, of_isbn: set[UUID] | None, circulation: CirculationFacts
) -> list[UUID]:
    if of_isbn is not None:
        books = [book for book in books if book in of_isbn]
    if query.added_since is not None and books:
        recent = BookRow.objects.filter(id__in=books, added_at__gte=_start_of(query.added_since))
        added = set(recent.values_list("id", flat=True))
        books = [book for book in books if book in added]
    if query.available is None or not books:
        return books
    free = books_with_free_copies(books, circulation)
    return [book for book in books if (book in free) == query.available]


def _rows(places: list[RankingKey], circulation: CirculationFacts) -> list[dict[str, Any]]:
    books = [book for *_, book in places]
    rows = {row["id"]: row for row in book_rows(books, circulation)}
    return [rows[book] for book in books if book in rows]


def _listed(
    query: ListBooks, language: str | None, of_isbn: set[UUID] | None, circulation: CirculationFacts
) -> Page[dict[str, Any]]:
    since = None if query.added_since is None else _start_of(query.added_since)
    ordering = query.ordering or (None if since is None else "-added")
    filters = {"language": language, "id": of_isbn, "added_at": since}
    wanted = {column: value for column, value in filters.items() if value is not None}
    conditions: list[Any] = []  # what no index answers in this order
    if since is not None and (language is not None or not is_by_addition(ordering)):
        conditions.append(Q(added_at__gte=wanted.pop("added_at")))
    if query.available is not None:
        free = has_free_copy(circulation)
        conditions.append(free if query.available else ~free)
    if not conditions:
        return books_in_order(ordering, *wanted, circulation=circulation).page(query.page, **wanted)
    order, descending = columns_of(ordering)
    return bounded_page(
        books_with_stock(circulation).filter(**{LOOKUPS[column]: value for column, value in wanted.items()}),
        reduce(and_, conditions),
        columns=BOOK,
        order=order,
        request=query.page,
        descending=descending,
    )


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
