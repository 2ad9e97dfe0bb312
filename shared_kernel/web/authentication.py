"""How a request says who makes it: a machine's bearer token, or a browser's session."""

from django.contrib.auth.models import AnonymousUser, User
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from shared_kernel.services import tokens
from shared_kernel.services.request_context import set_principal
from shared_kernel.services.tokens import VerifiedToken
from shared_kernel.web.access import Principal, of_login
from shared_kernel.web.client_address import client_address
from shared_kernel.web.token_bucket import WRONG_TOKENS_A_MINUTE, wrong_tokens


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <token>`, for machines."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Principal] | None:
        """The token's principal, or None where none is sent.

        Raises AuthenticationFailed for a bad token, and Throttled for a strange one from where many bad ones
        came: unread, since otherwise the right one among them would still stand out.
        """
        scheme, _, token = authentication.get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        verified = self._verified(request, token.strip())
        who = Principal(id=f"token:{verified.id}", scopes=verified.scopes)
        set_principal(who.id)
        return AnonymousUser(), who

    @staticmethod
    def _verified(request: Request, token: str) -> VerifiedToken:
        address = client_address(request._request) or "nowhere"  # noqa: SLF001  DRF's way to Django's request
        wait = wrong_tokens.wait(address, per_minute=WRONG_TOKENS_A_MINUTE)
        if wait and not tokens.was_valid(token):
            raise Throttled(wait)
        verified = tokens.verify(token)
        if verified is None:
            wrong_tokens.take(address, per_minute=WRONG_TOKENS_A_MINUTE)
            raise AuthenticationFailed("This token is unknown, expired or revoked.", code="invalid_token")
        return verified

    def authenticate_header(self, _request: Request) -> str:
        """The challenge that makes a missing login a 401."""
        return 'Bearer realm="library"'


class SessionAuthentication(authentication.SessionAuthentication):
    """A browser's session; unsafe methods need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, Principal] | None:
        """The login's principal, or None without a session. Raises PermissionDenied where CSRF fails."""
        found = super().authenticate(request)
        if found is None:
            return None
        who = of_login(found[0])
        set_principal(who.id)
        return found[0], who
