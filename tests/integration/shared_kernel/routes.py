"""A small API and a few pages on the shared kernel's bases, with every way to fail that a door can meet."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db import IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from shared_kernel import urls as kernel_urls
from shared_kernel.domain.errors import ConcurrentChange, InvalidValue, NotFound, Refusal, Refused
from shared_kernel.services.bus import Result
from shared_kernel.services.idempotency import IdempotencyKeyInFlight, IdempotencyKeyInvalid
from shared_kernel.services.pagination import Page
from shared_kernel.services.request_context import current_context
from shared_kernel.web.access import OWN, PUBLIC, require
from shared_kernel.web.openapi import paged_schema
from shared_kernel.web.views import LibraryViewSet

SHELF = [UUID(int=number) for number in range(1, 8)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spine(Result):
    """What a book's back shows."""

    colour: str
    height: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfView(Result):
    """A place for books."""

    id: UUID
    name: str
    spines: list[Spine]
    made_at: datetime
    closed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(Result):
    """What a view was told."""

    principal: str
    login: int | None
    door: str
    correlation: str
    acts_at: datetime | None
    key: str | None
    given: dict[str, Any]


class SpineForm(serializers.Serializer[Any]):
    colour = serializers.CharField(max_length=20)


class ShelfForm(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=20)
    height = serializers.DecimalField(max_digits=6, decimal_places=2, required=False)
    spines = SpineForm(many=True, required=False)
    options = serializers.DictField(required=False)


class ShelfFilter(serializers.Serializer[Any]):
    name = serializers.CharField(required=False)
    tags = serializers.ListField(child=serializers.CharField(), required=False)


class ShelfFull(Refusal):
    code = "shelf_full"
    message = "Shelf {name} is full."
    pointer = "/name"


class ShelfTooHigh(Refusal):
    code = "shelf_too_high"
    message = "Nobody reaches {height} cm."


class LabelOdd(InvalidValue):
    code = "label_odd"
    message = "A label is even."


ERRORS: dict[str, Callable[[], Exception]] = {
    "refused": lambda: Refused(ShelfFull(name="A"), ShelfTooHigh(height=Decimal("240.5"))),
    "invalid": LabelOdd,
    "missing": NotFound,
    "race": ConcurrentChange,
    "in-flight": lambda: IdempotencyKeyInFlight(retry_after=3),
    "bad-key": IdempotencyKeyInvalid,
    "database": lambda: OperationalError("connection to server at 10.0.0.1, user secret_user failed"),
    "suspicious": lambda: SuspiciousOperation("secret"),
    "constraint": lambda: IntegrityError("UNIQUE constraint failed: secret.table"),
    "lookup": lambda: ValidationError("“x” is not a valid UUID."),
    "bug": lambda: RuntimeError("secret"),
    "huge": lambda: OverflowError("Python int too large to convert to SQLite INTEGER"),
    "nul": lambda: ValueError("A string literal cannot contain NUL (0x00) characters."),
}


def fail(how: str) -> None:
    error = ERRORS[how]()
    raise error


class ShelfViewSet(LibraryViewSet):
    """Shelves."""

    policy = {
        "list": PUBLIC,
        "retrieve": PUBLIC,
        "create": ("catalog:write", OWN),
        "update": "catalog:write",
        "destroy": "override",
    }

    @extend_schema(parameters=[ShelfFilter], responses={200: paged_schema(ShelfView)})
    def list(self, request: Request) -> Response:
        """Shelves in order."""
        self.params(ShelfFilter)
        wanted = self.page_request()
        after = SHELF.index(wanted.keys[0]) + 1 if wanted.keys else 0
        found = SHELF[after : after + wanted.size]
        more = after + wanted.size < len(SHELF)
        page = Page(results=[shelf(each) for each in found], next=(found[-1],) if more else None)
        return self.paged(page)

    @extend_schema(responses={200: ShelfView})
    def retrieve(self, request: Request, id: UUID) -> Response:
        """One shelf."""
        return Response(shelf(id))

    @extend_schema(request=ShelfForm, responses={201: Seen})
    def create(self, request: Request) -> Response:
        """A new shelf."""
        given = self.body(ShelfForm)
        return Response(seen(self, given), status=201)

    @extend_schema(request=None, responses={200: Seen})
    def update(self, request: Request, id: UUID) -> Response:
        """Nothing to say about it."""
        return Response(seen(self, self.body()))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: UUID) -> Response:
        """Away with it."""
        return Response(status=204)

    @extend_schema(request=None, responses={200: Seen})
    def forgotten(self, request: Request, id: UUID) -> Response:
        """An action that no policy names."""
        raise AssertionError


class FailureViewSet(LibraryViewSet):
    """Failures."""

    policy = {"retrieve": PUBLIC}

    @extend_schema(responses={200: None})
    def retrieve(self, request: Request, how: str) -> Response:
        """Fail."""
        fail(how)
        return Response()


def shelf(id: UUID) -> ShelfView:
    name = gettext_lazy("Shelf")
    return ShelfView(
        id=id,
        name=name,  # type: ignore[arg-type]  # lazy on purpose
        spines=[Spine(colour="red", height=Decimal("21.50"))],
        made_at=datetime(2024, 1, 15, 10, tzinfo=UTC),
    )


def seen(view: LibraryViewSet, given: dict[str, Any]) -> Seen:
    who = current_context()
    return Seen(
        principal=who.principal,
        login=view.principal.login_id,
        door=who.door,
        correlation=who.correlation_id,
        acts_at=who.acts_at,
        key=view.idempotency_key,
        given=given,
    )


@require("circulation:read", OWN)
def reading_room(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html")


def failing_page(request: HttpRequest, how: str) -> HttpResponse:
    fail(how)
    return HttpResponse()


admin.autodiscover()
urlpatterns = [
    path("", lambda request: render(request, "base.html")),
    *kernel_urls.urlpatterns,
    path("admin/", admin.site.urls),
    path("reading-room", reading_room),
    path("page-fails/<str:how>", failing_page),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "api/v1/",
        include(
            [
                path("shelves", ShelfViewSet.as_view({"get": "list", "post": "create"})),
                path(
                    "shelves/<id:id>",
                    ShelfViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
                ),
                path("shelves/<id:id>/forgotten", ShelfViewSet.as_view({"post": "forgotten"})),
                path("failures/<str:how>", FailureViewSet.as_view({"get": "retrieve"})),
            ]
        ),
    ),
]
