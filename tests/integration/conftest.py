"""Who visits: browsers with roles, machines with scopes; every answer is held against the schema."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test import Client

from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import IssueToken, clear_token_cache
from tests.integration.declared import undeclared

Browser = Callable[..., Client]
Token = Callable[..., dict[str, str]]


@pytest.fixture(autouse=True)
def _only_declared_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test to which the API answers a status or code that the schema doesn't name for it."""
    answer = BaseHandler.get_response

    def checked(self: BaseHandler, request: HttpRequest) -> HttpResponseBase:
        response = answer(self, request)
        fault = undeclared(request, response)
        assert fault is None, f"{fault}, which the schema doesn't declare (see docs/how-to/add-a-refusal.md)"
        return response

    monkeypatch.setattr(BaseHandler, "get_response", checked)


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
        clear_token_cache()
        issued = dispatch(IssueToken(name="machine", scopes=scopes))
        return {"Authorization": f"Bearer {issued.token}"}

    return issue
