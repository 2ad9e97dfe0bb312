"""Who visits. Django is imported late: pytest may load this file before Django is set up."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

Browser = Callable[..., "Client"]
Token = Callable[..., dict[str, str]]


@pytest.fixture
def browser(db: None) -> Browser:
    """A browser, logged in as somebody of these roles."""
    from django.contrib.auth.models import Group, User
    from django.test import Client

    def log_in(*roles: str, superuser: bool = False, password: str | None = None) -> Client:
        name = "-".join(roles) or "root"
        user = User.objects.create_user(name, password=password, is_superuser=superuser)
        user.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])
        client = Client(raise_request_exception=False)
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def token(db: None) -> Token:
    """The headers of a machine whose token has these scopes."""
    from shared_kernel.services.tokens import IssueToken, clear_token_cache, issue_token
    from shared_kernel.services.wiring import BookkeepingWork

    def issue(*scopes: str) -> dict[str, str]:
        clear_token_cache()
        issued = issue_token(IssueToken(name="machine", scopes=scopes), BookkeepingWork())
        return {"Authorization": f"Bearer {issued.token}"}

    return issue
