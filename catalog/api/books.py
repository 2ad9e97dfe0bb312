"""The catalogue over the API."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.serializers import (
    BookFilterSerializer,
    BookListPage,
    BookRevisionSerializer,
    BookSerializer,
)
from catalog.services.book_details import BookDetails
from catalog.services.commands.add_book import AddBook
from catalog.services.commands.remove_book import RemoveBook
from catalog.services.commands.revise_book import ReviseBook
from catalog.services.queries.get_book import GetBook
from catalog.services.queries.list_books import ListBooks
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask
from shared_kernel.web.access import PUBLIC
from shared_kernel.web.views import LibraryViewSet


class BookViewSet(LibraryViewSet):
    """What the library has. Everybody may look."""

    policy = {
        "list": PUBLIC,
        "retrieve": PUBLIC,
        "create": "catalog:write",
        "partial_update": "catalog:write",
        "destroy": "catalog:write",
    }

    @extend_schema(parameters=[BookFilterSerializer], responses={200: BookListPage})
    def list(self, _request: Request) -> Response:
        """The Books, each with what there is of it: what was looked for by relevance, else by title."""
        wanted = self.params(BookFilterSerializer)
        page = ask(ListBooks(page=self.page_request(), **wanted))
        answer = self.paged(page)
        if page.corrected_to is not None:
            answer.data |= {"corrected_from": page.corrected_from, "corrected_to": page.corrected_to}
        return answer

    @extend_schema(request=BookSerializer, responses={201: BookDetails})
    def create(self, _request: Request) -> Response:
        """Add a Book; its copies are added one by one."""
        command = AddBook(**self.body(BookSerializer))
        return Response(dispatch(command, idempotency_key=self.idempotency_key), status=201)

    @extend_schema(responses={200: BookDetails})
    def retrieve(self, _request: Request, id: UUID) -> Response:
        """One Book, with what there is of it."""
        return Response(ask(GetBook(book=id)))

    @extend_schema(request=BookRevisionSerializer, responses={200: BookDetails})
    def partial_update(self, _request: Request, id: UUID) -> Response:
        """Revise a Book: what isn't sent stays as it is."""
        command = ReviseBook(book=id, version=self.if_match(), **self.body(BookRevisionSerializer))
        return Response(dispatch(command))

    @extend_schema(request=None, responses={204: None})
    def destroy(self, _request: Request, id: UUID) -> Response:
        """Remove a Book and its withdrawn copies. Refused while other copies, loans or holds are left."""
        self.body()
        dispatch(RemoveBook(book=id, version=self.if_match()))
        return Response(status=204)
