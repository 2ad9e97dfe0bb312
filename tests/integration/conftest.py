"""Who visits: browsers with roles, machines with scopes."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import IssueToken, forget_verified

Browser = Callable[..., Client]
Token = Callable[..., dict[str, str]]


@pytest.fixture
def browser() -> Browser:
    """A browser, logged in as somebody of these roles."""

    def log_in(*roles: str, superuser: bool = False) -> Client:
        name = "-".join(roles) or "root"
        user = User.objects.create_user(name, password="correct horse battery", is_superuser=superuser)
        user.groups.set(Group.objects.filter(name__in=roles))
        client = Client(raise_request_exception=False)
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def token() -> Token:
    """The headers of a machine whose token has these scopes."""

    def issue(*scopes: str) -> dict[str, str]:
        forget_verified()
        issued = dispatch(IssueToken(name="machine", scopes=scopes))
        return {"Authorization": f"Bearer {issued.token}"}

    return issue
