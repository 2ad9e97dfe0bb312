"""Visitors of every kind, made once: each asks for many routes, none changes anything."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.services.commands.accept_import import AcceptImport
from catalog.services.commands.count_borrowing import CountBorrowing
from lending.services.commands.place_hold import PlaceHold
from lending.services.commands.return_book import ReturnBook
from outbox.models import InboxEntry, QuarantinedMessage
from patrons.models import ChannelPauseRow
from shared_kernel.models import Breaker
from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import IssueToken, clear_token_cache
from shared_kernel.web.token_bucket import requests, wrong_tokens
from tests.factories import a_book, a_copy, a_loan
from tests.factories_patrons import a_patron, owe
from tests.integration.entry_points.access_table import ROLES, SCOPES

admin.autodiscover()  # tests are made for each ModelAdmin
Visit = Callable[[str], Client]


@pytest.fixture(autouse=True)
def _nobody_has_asked_before() -> Iterator[None]:
    requests.forget()
    wrong_tokens.forget()
    clear_token_cache()
    yield
    clear_token_cache()


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
    kept_on_asking = {
        "shared_kernel_auditentry",
        "shared_kernel_loginsession",
        "axes_accessattempt",
        "django_admin_log",
    }
    with connection.cursor() as cursor:
        tables = sorted(set(connection.introspection.table_names(cursor)) - kept_on_asking)
    counts = (f"SELECT '{each}', count(*) FROM {connection.ops.quote_name(each)}" for each in tables)
    query = " UNION ALL ".join(counts)

    def count() -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return dict(cursor.fetchall())

    return count


@pytest.fixture
def a_used_library(db: None) -> None:
    """At least one row wherever the administration shows rows."""
    reader, waiting = a_patron(), a_patron()
    book = a_book(title="L'Étranger", copies=1)
    lent, back = a_loan(patron_card=reader.card_number), a_copy(book=book.id)
    a_loan(copy_barcode=back.barcode)
    for _ in range(2):
        dispatch(ReturnBook(copy_barcode=back.barcode))
    dispatch(ReturnBook(copy_barcode=a_copy().barcode))
    dispatch(PlaceHold(book=lent.book, patron_card=waiting.card_number))
    dispatch(CountBorrowing(book=book.id, month=timezone.now().date().replace(day=1)))
    dispatch(AcceptImport(name="books.csv", content=b"title\nRomola\n"))
    dispatch(IssueToken(name="till", scopes=("catalog:read",)))
    owe(patron=reader)
    ChannelPauseRow.objects.create(channel="email", until=timezone.now(), reason="refused")
    Breaker.objects.create(name="sendgrid", changed_at=timezone.now())
    InboxEntry.objects.create(consumer="patrons", event_id=uuid4(), digest="0", received_at=timezone.now())
    QuarantinedMessage.objects.quarantine(
        consumer="patrons", payload=b"{}", digest="d", reason="x", event_id=uuid4(), event_type="lending.x.v1"
    )
