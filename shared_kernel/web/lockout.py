"""What django-axes asks of us: whose login is being guessed, and what to say once it is locked.

Five failures with a name from an address lock that name for that address, whether there is such a login or
not (settings.py). Neither its table nor its logs shall hold anybody's name, so it counts by a keyed digest.
"""

from collections.abc import Mapping
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.crypto import salted_hmac


def name_digest(_request: HttpRequest | None, credentials: Mapping[str, object] | None) -> str:
    """The name that somebody tries, in any case, as a digest that nobody turns back into it."""
    name = str((credentials or {}).get("username") or "")
    return salted_hmac("login", name.strip().casefold(), algorithm="sha256").hexdigest()


def locked_out(
    request: HttpRequest,
    _response: HttpResponseBase | None,
    _credentials: Mapping[str, object] | None,
) -> HttpResponse:
    """The response while a login is locked: how long to wait, and nothing about the login."""
    wait = settings.AXES_COOLOFF_TIME
    shown = {"minutes": int(wait.total_seconds() // 60)}
    response = render(request, "locked_out.html", shown, status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = str(int(wait.total_seconds()))
    response["Cache-Control"] = "no-store"
    return response
