"""The base of every API view: strict about what comes in, thin about everything else."""

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import QueryDict
from django.http.response import HttpResponseBase
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BaseSerializer,
    ListField,
    ListSerializer,
    MultipleChoiceField,
    Serializer,
)
from rest_framework.viewsets import ViewSet

from shared_kernel.services.idempotency import IdempotencyKeyInvalid
from shared_kernel.services.pagination import Page, PageRequest
from shared_kernel.web.access import PUBLIC, Principal, principal
from shared_kernel.web.conditional_requests import make_conditional, version_to_match
from shared_kernel.web.pagination import PARAMETERS, page_links, requested_page
from shared_kernel.web.problem_details import NUL_IN_QUERY, key_of
from shared_kernel.web.request_body import check_body

Values = dict[str, Any]  # a form's values, as various as its fields

_MOST_UNKNOWN = 20


class EmptySerializer(Serializer[Any]):
    """Nothing may be sent."""


class LibraryViewSet(ViewSet):
    """Routes in the library's manner. `policy` names the scope, any of several, that opens each action."""

    policy: ClassVar[Mapping[str, str | tuple[str, ...]]] = {}

    @property
    def principal(self) -> Principal:
        """Who asks."""
        return principal(self.request)

    @property
    def idempotency_key(self) -> str | None:
        """The request's Idempotency-Key, of a POST alone. Raises IdempotencyKeyInvalid for an empty one."""
        if self.request.method != "POST":
            return None
        key = self.request.headers.get("Idempotency-Key")
        if key is not None and not key.strip():
            raise IdempotencyKeyInvalid
        return key

    def if_match(self) -> int | None:
        """The version that the client has seen (If-Match), for the command to compare; None if it says none.

        A version that no aggregate has stands for a tag that was never given. Raises IfMatchInvalid.
        """
        return version_to_match(self.request)

    def body(self, form: type[Serializer[Any]] = EmptySerializer) -> Values:
        """What the body says, checked by the form. Raises ValidationError, also for any unknown field.

        The query must be empty, but for what `params` was asked for before.
        """
        self._refuse_unasked_parameters()
        return _checked(_made(form), self.request.data)

    def params(self, form: type[Serializer[Any]] = EmptySerializer) -> Values:
        """What the query says, checked by the form; an empty parameter counts as absent.

        Raises ValidationError, also for a parameter that is unknown or given twice.
        """
        given = self.request.query_params.copy()
        for name in PARAMETERS:
            given.pop(name, None)
        asked = _made(form)
        self._asked |= set(asked.fields)
        return _checked(asked, given)

    def page_request(self) -> PageRequest:
        """The page asked for by `page_size` and `cursor`. Raises PageSizeInvalid and CursorInvalid."""
        self._asked |= PARAMETERS
        return requested_page(self.request)

    def paged(self, page: Page[Any]) -> Response:  # a page of anything
        """The answer of a list."""
        following, preceding = page_links(self.request, page)
        return Response({"results": page.results, "next": following, "previous": preceding})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # the route's own
        """Decide whether the asker may be here before anything else about the request is judged.

        DRF would first say which formats there are (406), and a client without access would hear details
        about its body. Throttling comes before permissions, so that a client that asks too often fills no
        audit with denials.
        """
        self.format_kwarg = self.get_format_suffix(**kwargs)
        self.perform_authentication(request)
        self.check_throttles(request)
        self.check_permissions(request)
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise ValidationError([ErrorDetail(NUL_IN_QUERY, code="invalid_text")])
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        request.version, request.versioning_scheme = self.determine_version(request, *args, **kwargs)
        check_body(request._request)  # noqa: SLF001  DRF's way to Django's request

    _asked: frozenset[str] = frozenset()

    def finalize_response(  # type: ignore[override]  # a problem is no DRF Response
        self,
        request: Request,
        response: HttpResponseBase,
        *args: Any,
        **kwargs: Any,  # the route's own
    ) -> HttpResponseBase:
        """Refuse parameters that a look-up never asked for; keep private answers out of every cache."""
        if request.method in {"GET", "HEAD"} and response.status_code < HTTPStatus.MULTIPLE_CHOICES:
            try:
                self._refuse_unasked_parameters()
            except ValidationError as error:
                response = self.handle_exception(error)
        if isinstance(response, Response):
            make_conditional(request, response)
        final = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]  # stubs know Response only
        # A page shows who is logged in, whatever else it shows.
        is_page = getattr(getattr(request, "accepted_renderer", None), "format", "") == "api"
        if (is_page or self.policy.get(self.action or "") != PUBLIC) and "Cache-Control" not in final:
            final["Cache-Control"] = "no-store"
        return final

    def _refuse_unasked_parameters(self) -> None:
        _refuse_unknown([key_of([name]) for name in self.request.query_params if name not in self._asked])


@cache
def _made(form: type[Serializer[Any]]) -> Serializer[Any]:
    """A form that checks one request's values after the other's. DRF would copy every field for each."""
    return form()


def _plain(given: Any, form: Serializer[Any]) -> Mapping[str, Any]:  # what a parser made
    """A query or multipart form as plain values: lists where the form has a list, else the only one."""
    if not isinstance(given, QueryDict):
        parsed: Mapping[str, Any] = given
        return parsed
    plain: dict[str, Any] = {}  # strings, files, lists
    for name, values in given.lists():
        present = [value for value in values if value != ""]
        if isinstance(form.fields.get(name), ListField | MultipleChoiceField):
            plain[name] = present
        elif len(values) > 1:
            raise ValidationError({key_of([name]): [ErrorDetail("Give this once.", code="given_twice")]})
        elif present:
            (plain[name],) = present
    return plain


def _checked(form: Serializer[Any], given: Any) -> Values:  # what a parser made
    plain = _plain(given, form)
    _refuse_unknown(_unknown(form, plain, ()))
    return dict(form.run_validation(plain))


def _refuse_unknown(names: list[str]) -> None:
    if names:
        error = [ErrorDetail("There is no such field.", code="unknown_field")]
        raise ValidationError(dict.fromkeys(names[:_MOST_UNKNOWN], error))


def _unknown(form: BaseSerializer[Any], given: object, path: tuple[str | int, ...]) -> list[str]:
    if isinstance(form, ListSerializer) and isinstance(given, list):
        child: Any = form.child  # a serializer of any instance
        return [name for place, each in enumerate(given) for name in _unknown(child, each, (*path, place))]
    if not isinstance(form, Serializer) or not isinstance(given, Mapping):
        return []
    found = [key_of((*path, name)) for name in given if name not in form.fields]
    for name, field in form.fields.items():
        if isinstance(field, BaseSerializer) and name in given:
            found += _unknown(field, given[name], (*path, name))
    return found
