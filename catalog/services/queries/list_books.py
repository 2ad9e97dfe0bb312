"""The list of Books: leafed through in some order, or found by words, the best first."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from catalog.domain.description import InvalidLanguage, language_code
from catalog.domain.isbn import ISBN, InvalidISBN
from catalog.models import BookRow, IsbnRow
from catalog.services.book_details import BookDetails
from catalog.services.book_ordering import LOOKUPS, BookOrder, books_in_order, columns_of
from catalog.services.bounded_pagination import bounded_page
from catalog.services.ports import CirculationFacts
from catalog.services.read_models import BOOK, book_details, book_rows, has_free_copy, stock_of_books
from catalog.services.search.correction import corrected_text
from catalog.services.search.matches import MOST_BOOKS, match_counts, matching_ids
from catalog.services.search.relevance import RankingKey, ranked
from catalog.services.search.search_query import SearchQuery
from shared_kernel.services.bus import Query
from shared_kernel.services.pagination import Page, PageRequest, page_of


@dataclass(frozen=True, slots=True, kw_only=True)
class BookPage(Page[BookDetails]):
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

    refusals = (InvalidISBN, InvalidLanguage)

    page: PageRequest
    q: str = ""
    author: str = ""
    isbn: str | None = None
    language: str | None = None
    available: bool | None = None
    ordering: BookOrder | None = None


def list_books(query: ListBooks, *, circulation: CirculationFacts) -> BookPage:
    """One page, by eight SQL queries at most, and some more where a misspelt word is mended.

    Raises InvalidISBN and InvalidLanguage. By words a thousand Books are found at most. A page of those that
    are available, or are not, may hold fewer than asked for, or none, and yet have a next one.
    """
    language = None if query.language is None else language_code(query.language)
    search = SearchQuery.of(query.q, author=query.author, language=language)
    of_isbn = None if query.isbn is None else _with_isbn(query.isbn)
    if search is None:
        return _answer(_leafed(query, language, of_isbn, circulation), circulation)
    page, mended = _found(query, search, of_isbn, circulation), None
    if not page.results and not any(match_counts(search)):
        mended = corrected_text(query.q, search)
        if mended is not None and (meant := SearchQuery.of(mended, author=query.author, language=language)):
            page = _found(query, meant, of_isbn, circulation)
    return _answer(page, circulation, query.q, mended)


def _answer(
    page: Page[dict[str, Any]], circulation: CirculationFacts, q: str = "", mended: str | None = None
) -> BookPage:
    return BookPage(
        results=book_details(page.results, circulation),
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
        return books_in_order(query.ordering, "id").page(query.page, id=wanted(matching_ids(search)))
    enough = query.page.size + 1
    if of_isbn is None and query.available is None:
        places = ranked(search, query.page, at_most=enough)
    else:
        places = _first_wanted(ranked(search, query.page, at_most=MOST_BOOKS), wanted, enough=enough)
    page = page_of(places, query.page, keys=tuple)
    return page.mapped(_rows)


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
    if query.available is None or not books:
        return books
    stock = stock_of_books(books, circulation)
    return [book for book in books if bool(stock[book]["available"]) == query.available]


def _rows(places: list[RankingKey]) -> list[dict[str, Any]]:
    books = [book for *_, book in places]
    rows = {row["id"]: row for row in book_rows(books)}
    return [rows[book] for book in books if book in rows]


def _leafed(
    query: ListBooks, language: str | None, of_isbn: set[UUID] | None, circulation: CirculationFacts
) -> Page[dict[str, Any]]:
    chosen = {"language": language, "id": of_isbn}
    wanted = {column: value for column, value in chosen.items() if value is not None}
    if query.available is None:
        return books_in_order(query.ordering, *wanted).page(query.page, **wanted)
    free = has_free_copy(circulation)
    order, descending = columns_of(query.ordering)
    return bounded_page(
        BookRow.objects.filter(**{LOOKUPS[column]: value for column, value in wanted.items()}),
        free if query.available else ~free,
        columns=BOOK,
        order=order,
        request=query.page,
        descending=descending,
    )
