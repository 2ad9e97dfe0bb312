"""Copies over the API."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.serializers import ConditionSerializer, CopySerializer
from catalog.services.commands.add_copy import AddCopy
from catalog.services.commands.change_copy_condition import ChangeCopyCondition
from catalog.services.copy_details import CopyDetails
from catalog.services.queries.get_copy import GetCopy
from catalog.services.queries.list_copies import ListCopies
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask
from shared_kernel.web.access import PUBLIC
from shared_kernel.web.openapi import paged_schema
from shared_kernel.web.views import LibraryViewSet


class BookCopyViewSet(LibraryViewSet):
    """The copies of a Book."""

    policy = {"list": PUBLIC, "create": "catalog:write"}

    @extend_schema(responses={200: paged_schema(CopyDetails)})
    def list(self, _request: Request, id: UUID) -> Response:
        """The Copies of a Book, by barcode."""
        return self.paged(ask(ListCopies(book=id, page=self.page_request())))

    @extend_schema(request=CopySerializer, responses={201: CopyDetails})
    def create(self, _request: Request, id: UUID) -> Response:
        """Add a Copy of a Book, in service."""
        command = AddCopy(book=id, **self.body(CopySerializer))
        return Response(dispatch(command, idempotency_key=self.idempotency_key), status=201)


class CopyViewSet(LibraryViewSet):
    """Single copies, by the barcode on them."""

    policy = {"retrieve": "catalog:read", "partial_update": "catalog:write"}

    @extend_schema(responses={200: CopyDetails})
    def retrieve(self, _request: Request, barcode: str) -> Response:
        """The Copy under a barcode, and whether it stands on the shelf."""
        return Response(ask(GetCopy(barcode=barcode)))

    @extend_schema(request=ConditionSerializer, responses={200: CopyDetails})
    def partial_update(self, _request: Request, barcode: str) -> Response:
        """Put a Copy into another condition. Only one in service is lent."""
        return Response(dispatch(ChangeCopyCondition(barcode=barcode, **self.body(ConditionSerializer))))
