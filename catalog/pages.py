"""The catalogue for people: search, and one Book."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.domain.book import BookNotFound
from catalog.services.queries import GetBook, ListBooks, ListCopies
from shared_kernel.services.queries import ask
from shared_kernel.web.pagination import page_links, requested_page

_LONGEST_SEARCH = 200


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """Search in all Books, or leaf through them."""
    q = request.GET.get("q", "")[:_LONGEST_SEARCH].strip()
    only_available = request.GET.get("available") == "true"
    books = ask(ListBooks(q=q, available=only_available or None, page=requested_page(request)))
    following, preceding = page_links(request, books)
    context = {
        "q": q,
        "only_available": only_available,
        "books": books.results,
        "next": following,
        "previous": preceding,
    }
    return render(request, "catalog/catalogue.html", context)


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
