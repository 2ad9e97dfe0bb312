"""What varies in a route."""

from typing import Final

from django.urls import register_converter
from django.urls.converters import UUIDConverter

#: Routes say `<id:…>`.
ID: Final = "id"


class IdConverter(UUIDConverter):
    """A UUID in any case of letters (RFC 9562, section 4); Django's own takes small ones alone."""

    regex = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"


register_converter(IdConverter, ID)
