"""Visitors of every kind, made once: each asks for many routes, none changes anything."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import IssueToken, forget_verified
from shared_kernel.web.allowance import requests, wrong_tokens
from tests.integration.doors.policies import ROLES, SCOPES

Visit = Callable[[str], Client]


@pytest.fixture(autouse=True)
def _nobody_has_asked_before() -> Iterator[None]:
    requests.forget()
    wrong_tokens.forget()
    forget_verified()
    yield
    forget_verified()


@pytest.fixture
def visit(db: None) -> Visit:
    """A client by the visitor's name: a role, a scope of a token, `anonymous` or `superuser`."""
    made: dict[str, Client] = {}

    def client_of(visitor: str) -> Client:
        if visitor not in made:
            made[visitor] = _client(visitor)
        return made[visitor]

    return client_of


def _client(visitor: str) -> Client:
    if visitor in SCOPES:
        issued = dispatch(IssueToken(name=visitor, scopes=(visitor,)))
        return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {issued.token}"})
    client = Client(raise_request_exception=False)
    if visitor in ROLES or visitor == "superuser":
        staff = visitor != "patron"
        user = User.objects.create_user(visitor, is_superuser=visitor == "superuser", is_staff=staff)
        user.groups.set(Group.objects.filter(name=visitor))
        client.force_login(user)
    return client


@pytest.fixture
def rows(db: None) -> Callable[[], dict[str, int]]:
    """Counts the rows of every table but those that keep a record of the asking itself."""
    kept_on_asking = {"shared_kernel_auditentry", "django_session", "axes_accessattempt", "django_admin_log"}
    with connection.cursor() as cursor:
        tables = sorted(set(connection.introspection.table_names(cursor)) - kept_on_asking)
    counts = (f"SELECT '{each}', count(*) FROM {connection.ops.quote_name(each)}" for each in tables)
    query = " UNION ALL ".join(counts)

    def count() -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return dict(cursor.fetchall())

    return count
