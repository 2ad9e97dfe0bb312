"""Whose things a request may see."""

from shared_kernel.web.access import Principal


def viewer_login(principal: Principal, *, sees_all: str) -> int | None:
    """None for holders of the scope, who see everybody's; else the login, which sees its own."""
    return None if principal.may(sees_all) else principal.login_id
