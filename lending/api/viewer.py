"""Limits what a request sees to its own login."""

from shared_kernel.web.access import Principal


def viewer_login(principal: Principal, *, sees_all: str) -> int | None:
    """None for holders of the scope, who see everything; otherwise the login, which sees only its own."""
    return None if principal.may(sees_all) else principal.login_id
