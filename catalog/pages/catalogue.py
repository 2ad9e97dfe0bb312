"""The catalogue's public pages: the search, and one Book."""

from datetime import date, timedelta
from typing import Any, Final, get_args
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from catalog.domain.book import BookNotFound
from catalog.domain.description import InvalidLanguage, language_code
from catalog.services.book_ordering import BookOrder
from catalog.services.queries.get_book import GetBook
from catalog.services.queries.list_books import ListBooks
from catalog.services.queries.list_copies import ListCopies
from shared_kernel.services.queries import ask
from shared_kernel.web.pagination import page_links, requested_page

_LONGEST_SEARCH = 200
_NEW_FOR: Final = timedelta(days=30)
_ORDERS = {"": "Best first", "title": "By title", "-year": "Newest first", "-added": "Latest additions"}


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """Search the Books, or list them all. Invalid filters are ignored, a language with a message."""
    wanted, unknown = _wanted(request)
    books = ask(ListBooks(page=requested_page(request), **wanted))
    following, preceding = page_links(request, books)
    context = {
        "q": wanted["q"],
        "shown_q": books.corrected_to or wanted["q"],
        "corrected_from": books.corrected_from,
        "language": request.GET.get("language", ""),
        "language_unknown": unknown,
        "orders": _ORDERS.items(),
        "ordering": wanted["ordering"] or "",
        "only_available": wanted["available"],
        "added_since": wanted["added_since"],
        "new_since": (timezone.now() - _NEW_FOR).date(),
        "books": books.results,
        "next": following,
        "previous": preceding,
    }
    return render(request, "catalog/catalogue.html", context)


def _wanted(request: HttpRequest) -> tuple[dict[str, Any], str | None]:  # the query's fields
    ordering, language = request.GET.get("ordering"), request.GET.get("language", "").strip()
    wanted = {
        "q": request.GET.get("q", "")[:_LONGEST_SEARCH].strip(),
        "available": request.GET.get("available") == "true" or None,
        "added_since": _date(request.GET.get("added_since", "")),
        "ordering": ordering if ordering in get_args(BookOrder) else None,
    }
    try:
        return {**wanted, "language": language_code(language) if language else None}, None
    except InvalidLanguage as invalid:
        return wanted, invalid.detail


def _date(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:  # such as the 31st of February
        return None


@require_safe
def book(request: HttpRequest, id: UUID) -> HttpResponse:
    """One Book and its copies."""
    try:
        shown, copies = ask(GetBook(book=id)), ask(ListCopies(book=id, page=requested_page(request)))
    except BookNotFound as missing:
        raise Http404 from missing
    following, preceding = page_links(request, copies)
    context = {"book": shown, "copies": copies.results, "next": following, "previous": preceding}
    return render(request, "catalog/book.html", context)
