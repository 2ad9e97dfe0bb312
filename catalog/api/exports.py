"""Books over the API as records for other systems."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from catalog.adapters.marc.writer import write_iso2709, write_marcxml
from catalog.api.serializers import ExportFilterSerializer
from catalog.services.queries.export_books import ExportBooks, ExportedBook
from shared_kernel.services.queries import ask
from shared_kernel.web.views import LibraryViewSet


class Marc21Renderer(BaseRenderer):
    """Stands for MARC 21 in ISO 2709, which the view writes itself."""

    media_type = "application/marc"
    format = "marc21"


class MarcXMLRenderer(BaseRenderer):
    """Stands for MARCXML, which the view writes itself."""

    media_type = "application/marcxml+xml"
    format = "marcxml"


class FormatParameterNegotiation(DefaultContentNegotiation):
    """What the parameter `format` says goes before what the client would accept in general."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The format asked for; without a word, MARC 21. Raises NotAcceptable."""
        offered = list(renderers)
        wanted = request.query_params.get("format")
        if wanted is not None:
            chosen = next((each for each in offered if each.format == wanted), offered[0])
            return chosen, chosen.media_type
        found: tuple[BaseRenderer, str] = super().select_renderer(request, offered, format_suffix)
        return found


_WRITERS: dict[str, tuple[str, Callable[[Iterable[ExportedBook]], Iterator[bytes]]]] = {
    "marc21": ("books.mrc", write_iso2709),
    "marcxml": ("books.xml", write_marcxml),
}


class ExportViewSet(LibraryViewSet):
    """The catalogue for other systems. A long answer keeps a web worker busy, so it isn't for everybody."""

    policy = {"books": "catalog:read"}
    renderer_classes: Sequence[type[BaseRenderer]] = (Marc21Renderer, MarcXMLRenderer)
    content_negotiation_class = FormatParameterNegotiation

    @extend_schema(
        parameters=[ExportFilterSerializer],
        responses={(200, each.media_type): OpenApiTypes.BINARY for each in (Marc21Renderer, MarcXMLRenderer)},
    )
    def books(self, request: Request) -> StreamingHttpResponse:
        """All Books that a search finds, as MARC 21 or MARCXML; all there are, where it asks for nothing."""
        wanted = self.params(ExportFilterSerializer)
        chosen = wanted.pop("format", request.accepted_renderer.format)
        name, write = _WRITERS[chosen]
        media_type = request.accepted_renderer.media_type
        response = StreamingHttpResponse(write(ask(ExportBooks(**wanted))), content_type=media_type)
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
