"""The API of timelines."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from lending.services.queries.timeline import Timeline
from lending.services.timeline import TimelineEntry
from shared_kernel.services.queries import ask
from shared_kernel.web.openapi import paged_schema
from shared_kernel.web.views import LibraryViewSet


class TimelineQuerySerializer(serializers.Serializer[Any]):
    """GET /timeline. `copy` is a barcode, or the id of a copy that may be gone."""

    default_error_messages = {"give_one": "Give exactly one of copy, loan and patron."}

    copy = serializers.CharField(max_length=64, required=False)
    loan = serializers.UUIDField(required=False)
    patron = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:  # the fields' values
        """Check that exactly one field is given. Raises ValidationError."""
        if len(attrs) != 1:
            self.fail("give_one")
        return attrs


class TimelineViewSet(LibraryViewSet):
    """The timeline of a copy, a loan or a patron, for holders of `audit:read`."""

    policy = {"list": "audit:read"}

    @extend_schema(parameters=[TimelineQuerySerializer], responses={200: paged_schema(TimelineEntry)})
    def list(self, _request: Request) -> Response:
        """Every action, refusal, override and letter that concerns it, the earliest first."""
        return self.paged(ask(Timeline(**self.params(TimelineQuerySerializer), page=self.page_request())))
