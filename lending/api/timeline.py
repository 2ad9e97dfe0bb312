"""Lending's API of what happened: parse, ask, render."""

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

    default_error_messages = {"give_one": "Give one of copy, loan and patron."}

    copy = serializers.CharField(max_length=64, required=False)
    loan = serializers.UUIDField(required=False)
    patron = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:  # what the fields made
        """One of them. Raises ValidationError."""
        if len(attrs) != 1:
            self.fail("give_one")
        return attrs


class TimelineViewSet(LibraryViewSet):
    """What happened to one thing or person; for those who may read who borrowed what."""

    policy = {"list": "audit:read"}

    @extend_schema(parameters=[TimelineQuerySerializer], responses={200: paged_schema(TimelineEntry)})
    def list(self, _request: Request) -> Response:
        """Every scan, refusal, override and letter of one copy, loan or patron, the earliest first."""
        return self.paged(ask(Timeline(**self.params(TimelineQuerySerializer), page=self.page_request())))
