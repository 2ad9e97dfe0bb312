"""Who looks at these pages."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from shared_kernel.web.access import principal


def require_scope(request: HttpRequest, scope: str) -> None:
    """Let only holders of the scope go on; a denial goes on record. Raises PermissionDenied."""
    if not principal(request).may(scope):
        raise PermissionDenied
