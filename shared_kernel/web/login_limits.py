"""How many passwords may be guessed: by address, by name and in all, besides five by name and address (axes).

A card number is a user name that a stranger can guess, so a limit by name alone would let strangers lock a
patron out. Therefore a browser in which somebody has logged in before is counted by itself, known by a signed
cookie; the limits of strangers don't hold it up (OWASP calls it a device cookie).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from axes.handlers.database import AxesDatabaseHandler
from django.conf import settings
from django.db.models import F
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.crypto import salted_hmac

from shared_kernel.models import GuessCount
from shared_kernel.web.client_address import client_address
from shared_kernel.web.lockout import name_digest

#: Failures within settings.AXES_COOLOFF_TIME, from the first one on.
MOST_FROM_ADDRESS: Final = 30
MOST_FOR_NAME: Final = 20
MOST_IN_ALL: Final = 1000
MOST_IN_KNOWN_BROWSER: Final = 10

_COOKIE: Final = "known_browser"
_SALT: Final = "library.known_browser"
_COOKIE_SECONDS: Final = 180 * 86_400
Credentials = Mapping[str, object] | None


class LoginLimitHandler(AxesDatabaseHandler):  # type: ignore[misc]  # axes ships no types
    """Adds the wider limits to axes' own, at every place that authenticates."""

    def is_locked(self, request: HttpRequest, credentials: Credentials = None) -> bool:
        """Whether nothing is compared any more for a while."""
        return super().is_locked(request, credentials) or is_exhausted(request, credentials)

    def user_login_failed(
        self, sender: object, credentials: Credentials, request: HttpRequest | None = None, **kwargs: object
    ) -> None:
        """Count a failure, unless it is one because of the lock."""
        was_locked = getattr(request, "axes_locked_out", False)
        super().user_login_failed(sender, credentials, request, **kwargs)
        if request is None or was_locked:
            return
        for key in _limits(request, credentials):
            _count(key)
        if is_exhausted(request, credentials):
            request.axes_locked_out = True  # type: ignore[attr-defined]  # axes' own mark


def is_exhausted(request: HttpRequest, credentials: Credentials) -> bool:
    """Whether the client of this request has used up its wrong passwords."""
    limits = _limits(request, credentials)
    counts = GuessCount.objects.filter(
        key__in=limits, began_at__gt=timezone.now() - settings.AXES_COOLOFF_TIME
    )
    return any(count.failures >= limits[count.key] for count in counts)


def remember_browser(request: HttpRequest, response: HttpResponseBase, *, name: str) -> None:
    """Let this browser be known as one in which the login of this name was entered."""
    response.set_signed_cookie(
        _COOKIE,
        name_digest(request, {"username": name}),
        salt=_SALT,
        max_age=_COOKIE_SECONDS,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def _limits(request: HttpRequest, credentials: Credentials) -> dict[str, int]:
    """The counters that a failure of this request increments, by anonymous key, with their limits."""
    name = name_digest(request, credentials)
    known = request.get_signed_cookie(_COOKIE, default="", salt=_SALT, max_age=_COOKIE_SECONDS)
    if known == name:
        return {_key("browser", request.COOKIES[_COOKIE]): MOST_IN_KNOWN_BROWSER}
    return {
        _key("address", client_address(request) or "nowhere"): MOST_FROM_ADDRESS,
        _key("name", name): MOST_FOR_NAME,
        _key("all", ""): MOST_IN_ALL,
    }


def _key(kind: str, what: str) -> str:
    return salted_hmac(f"guesses by {kind}", what, algorithm="sha256").hexdigest()


def _count(key: str) -> None:
    now = timezone.now()
    since: timedelta = settings.AXES_COOLOFF_TIME
    GuessCount.objects.filter(began_at__lte=now - since).delete()
    if not GuessCount.objects.filter(key=key).update(failures=F("failures") + 1):
        made, is_new = GuessCount.objects.get_or_create(key=key, defaults={"failures": 1, "began_at": now})
        if not is_new:
            GuessCount.objects.filter(pk=made.pk).update(failures=F("failures") + 1)
