"""Imports over the API."""

from collections.abc import Mapping, Sequence
from typing import IO, Any, Final
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.adapters.rejected_file import rejected_file
from catalog.api.exports import Marc21Renderer, MarcXMLRenderer
from catalog.api.serializers import ImportSerializer
from catalog.domain.import_states import FileFormat
from catalog.services.commands.accept_import import AcceptImport
from catalog.services.commands.revert_import import RevertImport
from catalog.services.imports.details import ImportDetails, ImportSummary
from catalog.services.imports.job import LARGEST_FILE, LARGEST_UPLOAD, FileTooLarge
from catalog.services.queries.get_import import GetImport
from catalog.services.queries.list_imports import ListImports
from catalog.services.queries.rejected_records import GetRejectedRecords
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask
from shared_kernel.web.json import StrictJSONParser
from shared_kernel.web.openapi import paged_schema
from shared_kernel.web.views import LibraryViewSet


class UploadParser(MultiPartParser):
    """Reads a form with a file, unless the request says that it is larger than any that is taken."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:  # DRF's data and files
        """The form. Raises FileTooLarge."""
        context = dict(parser_context or {})
        announced = str(context["request"].META.get("CONTENT_LENGTH") or "0")
        if announced.isdigit() and int(announced) > LARGEST_UPLOAD:
            raise FileTooLarge
        return super().parse(stream, media_type, context)


class CsvRenderer(BaseRenderer):
    """Stands for CSV, which the view writes itself."""

    media_type = "text/csv"
    format = "csv"


_RENDERERS: Final = (Marc21Renderer, MarcXMLRenderer, CsvRenderer)
_KINDS: Final = {
    FileFormat.MARC21: ("mrc", Marc21Renderer.media_type),
    FileFormat.MARCXML: ("xml", MarcXMLRenderer.media_type),
    FileFormat.CSV: ("csv", f"{CsvRenderer.media_type}; charset=utf-8; header=present"),
}


class ImportViewSet(LibraryViewSet):
    """Files of another institution's records."""

    largest_body = LARGEST_UPLOAD
    policy = {
        "list": "catalog:read",
        "retrieve": "catalog:read",
        "create": "catalog:write",
        "revert": "catalog:write",
    }

    def get_parsers(self) -> list[BaseParser]:
        """A form with a file where one is sent; JSON elsewhere."""
        revert = self.action_map.get("post") == "revert" if self.action_map else False
        return [StrictJSONParser()] if revert else [UploadParser()]

    @extend_schema(responses={200: paged_schema(ImportSummary)})
    def list(self, _request: Request) -> Response:
        """The imports, the latest first."""
        return self.paged(ask(ListImports(page=self.page_request())))

    @extend_schema(request={"multipart/form-data": ImportSerializer}, responses={202: ImportDetails})
    def create(self, _request: Request) -> Response:
        """Upload a file. It is imported in the background; get the import by its id to see the progress."""
        sent = self.body(ImportSerializer)
        file = sent["file"]
        content = file.read(LARGEST_FILE + 1)
        command = AcceptImport(name=file.name, content=content, encoding=sent.get("encoding"))
        return Response(dispatch(command, idempotency_key=self.idempotency_key), status=202)

    @extend_schema(responses={200: ImportDetails})
    def retrieve(self, _request: Request, id: UUID) -> Response:
        """How far an import is, and which records were rejected."""
        return Response(ask(GetImport(import_id=id)))

    @extend_schema(request=None, responses={200: ImportDetails})
    def revert(self, _request: Request, id: UUID) -> Response:
        """Remove what the import has made, but for what somebody has used or changed since."""
        self.body()
        return Response(dispatch(RevertImport(import_id=id), idempotency_key=self.idempotency_key))


class RejectedRecordsViewSet(LibraryViewSet):
    """The rejected records of an import, as a file that can be corrected and imported again."""

    policy = {"file": "catalog:read"}
    renderer_classes: Sequence[type[BaseRenderer]] = _RENDERERS

    @extend_schema(responses={(200, each.media_type): OpenApiTypes.BINARY for each in _RENDERERS})
    def file(self, _request: Request, id: UUID) -> StreamingHttpResponse:
        """The rejected records as they were sent, the first ten thousand, in a file of the same format."""
        found = ask(GetRejectedRecords(import_id=id))
        ending, media_type = _KINDS[found.format]
        written = rejected_file(found.records, format=found.format)
        response = StreamingHttpResponse(written, content_type=media_type)
        response["Content-Disposition"] = f'attachment; filename="rejected-{id}.{ending}"'
        return response
