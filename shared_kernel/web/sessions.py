"""Sessions that end: with the browser, after idle time, and with what they were opened by."""

from time import time
from typing import Any, Final, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user, user_logged_in
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.db.models import prefetch_related_objects
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from shared_kernel.models import LoginSession
from shared_kernel.web.access import of_login

_ROLES: Final = "roles"
_IDLE: Final = "idle_seconds"
_SEEN: Final = "seen_at"
#: A session's end is put off this often at most, in seconds, to spare each request a write.
_EVERY: Final = 60


class SessionStore(DatabaseSessions):
    """Django's sessions in the database, each with its login, and for as long as that one may be idle."""

    @classmethod
    def get_model_class(cls) -> type[LoginSession]:
        """Where they are stored."""
        return LoginSession

    def create_model_instance(self, data: dict[str, Any]) -> LoginSession:
        """The row of this session."""
        row: LoginSession = super().create_model_instance(data)  # type: ignore[assignment]  # the stubs know Django's row alone
        row.login_id = data.get(SESSION_KEY)
        return row

    def get_session_cookie_age(self) -> int:
        """Seconds from the last save to the end of the session."""
        return int(self.get(_IDLE, settings.SESSION_COOKIE_AGE))


class LoginMiddleware(AuthenticationMiddleware):
    """Finds the login of a session that still holds, and puts off the end of one that is in use."""

    def process_request(self, request: HttpRequest) -> None:
        """Let `request.user` be found out when somebody asks."""
        super().process_request(request)
        request.user = cast("User | AnonymousUser", SimpleLazyObject(lambda: _login_of(request)))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Put the end off, by a write a minute at most."""
        session = request.session
        is_used = session.accessed and SESSION_KEY in session
        if is_used and time() - session.get(_SEEN, 0) > _EVERY:
            session[_SEEN] = int(time())
        return response


def _login_of(request: HttpRequest) -> User | AnonymousUser:
    """The session's login. A closed one, and one with another password or other roles, ends it for good."""
    user = get_user(request)
    if SESSION_KEY not in request.session:
        return AnonymousUser()
    if isinstance(user, User):
        prefetch_related_objects([user], "groups")
        if request.session.get(_ROLES) == _roles(user):
            return user
    request.session.flush()
    return AnonymousUser()


@receiver(user_logged_in, dispatch_uid="library.sessions")
def _begin(request: HttpRequest, user: User, **_: object) -> None:
    is_staff = of_login(user).is_staff
    request.session[_ROLES] = _roles(user)
    request.session[_IDLE] = settings.SESSION_IDLE_SECONDS["staff" if is_staff else "patron"]
    request.session[_SEEN] = int(time())


def _roles(user: User) -> list[str]:
    flags = [name for name in ("is_staff", "is_superuser") if getattr(user, name)]
    return [*flags, *sorted(group.name for group in user.groups.all())]
