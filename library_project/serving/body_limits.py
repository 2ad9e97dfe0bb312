"""How large a body may be: small for anybody, larger for who has logged in, a file where files are taken."""

from typing import Final

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections
from django.urls import Resolver404, resolve
from django.utils.module_loading import import_string

from library_project.serving.request_bodies import SMALL
from library_project.serving.wsgi_environ import Environ
from shared_kernel.services import tokens

_BEARER: Final = "bearer "


def largest_body(environ: Environ) -> int:
    """How many bytes the sender of this request, by its token or session, may send to its route."""
    request = WSGIRequest(environ)
    close_old_connections()
    try:
        if not _is_known(request):
            return SMALL
    finally:
        close_old_connections()
    return max(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, _of_route(request.path_info))


def _is_known(request: WSGIRequest) -> bool:
    given = request.headers.get("Authorization", "")
    if given[: len(_BEARER)].lower() == _BEARER:
        return tokens.verify(given[len(_BEARER) :].strip()) is not None
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if not key:
        return False
    request.session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")(key)
    return SESSION_KEY in request.session and get_user(request).is_authenticated


def _of_route(path: str) -> int:
    """What the view, its class or its part of the administration names as `largest_body`."""
    try:
        view = resolve(path).func
    except Resolver404:
        return 0
    places = (view, getattr(view, "cls", None), getattr(view, "model_admin", None))
    return max(int(getattr(place, "largest_body", 0)) for place in places)
