"""The catalogue over the API."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.serializers import BookFilter, BookForm, CopyForm
from catalog.services.answers import BookView, CopyView
from catalog.services.commands.add_book import AddBook
from catalog.services.commands.add_copy import AddCopy
from catalog.services.queries import GetBook, GetCopy, ListBooks, ListCopies
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask
from shared_kernel.web.access import PUBLIC
from shared_kernel.web.openapi import paged_schema
from shared_kernel.web.views import LibraryViewSet


class BookViewSet(LibraryViewSet):
    """What the library has. Everybody may look."""

    policy = {"list": PUBLIC, "retrieve": PUBLIC, "create": "catalog:write"}

    @extend_schema(parameters=[BookFilter], responses={200: paged_schema(BookView)})
    def list(self, request: Request) -> Response:
        """The Books, by title unless told otherwise, each with what there is of it."""
        wanted = self.params(BookFilter)
        return self.paged(ask(ListBooks(page=self.page_request(), **wanted)))

    @extend_schema(request=BookForm, responses={201: BookView})
    def create(self, request: Request) -> Response:
        """Add a Book; its copies are added one by one."""
        command = AddBook(**self.body(BookForm))
        return Response(dispatch(command, idempotency_key=self.idempotency_key), status=201)

    @extend_schema(responses={200: BookView})
    def retrieve(self, request: Request, id: UUID) -> Response:
        """One Book, with what there is of it."""
        return Response(ask(GetBook(book=id)))


class BookCopyViewSet(LibraryViewSet):
    """The copies of a Book."""

    policy = {"list": PUBLIC, "create": "catalog:write"}

    @extend_schema(responses={200: paged_schema(CopyView)})
    def list(self, request: Request, id: UUID) -> Response:
        """The Copies of a Book, by barcode."""
        return self.paged(ask(ListCopies(book=id, page=self.page_request())))

    @extend_schema(request=CopyForm, responses={201: CopyView})
    def create(self, request: Request, id: UUID) -> Response:
        """Add a Copy of a Book, in service."""
        command = AddCopy(book=id, **self.body(CopyForm))
        return Response(dispatch(command, idempotency_key=self.idempotency_key), status=201)


class CopyViewSet(LibraryViewSet):
    """Single copies, by the barcode on them."""

    policy = {"retrieve": "catalog:read"}

    @extend_schema(responses={200: CopyView})
    def retrieve(self, request: Request, barcode: str) -> Response:
        """The Copy under a barcode, and whether it stands on the shelf."""
        return Response(ask(GetCopy(barcode=barcode)))
