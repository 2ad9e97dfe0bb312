"""Permissions of the administration's own pages."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from shared_kernel.web.access import principal


def require_scope(request: HttpRequest, scope: str) -> None:
    """Raise PermissionDenied, which is audited, unless the login has the scope."""
    if not principal(request).may(scope):
        raise PermissionDenied
