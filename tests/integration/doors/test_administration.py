"""Every page of the administration, with rows on it, as somebody with all roles clicks through it."""

import re
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.services.commands.accept_import import AcceptImport
from catalog.services.commands.count_borrowing import CountBorrowing
from lending.services.commands.place_hold import PlaceHold
from lending.services.commands.return_book import ReturnBook
from outbox.models import InboxReceipt, QuarantinedMessage
from patrons.models import ChannelPauseRow
from shared_kernel.models import Breaker
from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import IssueToken
from shared_kernel.web.admin import ReadOnlyAdmin
from tests.factories import a_book, a_copy, a_loan
from tests.factories_patrons import a_patron, owe

pytestmark = pytest.mark.django_db

#: Their page is a table of its own, or holds no rows yet.
LISTED_OTHERWISE = {
    *("lending.circulationrulerow", "lending.reportrow", "patrons.wordingrow", "shared_kernel.breaker"),
}
REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)


@pytest.fixture
def somebody_with_all_roles(visit: Any) -> Client:  # see conftest.py
    client: Client = visit("superuser")
    client.raise_request_exception = True
    return client


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
    InboxReceipt.objects.create(consumer="patrons", event_id=uuid4(), digest="0", received_at=timezone.now())
    QuarantinedMessage.objects.keep(
        consumer="patrons", payload=b"{}", digest="d", reason="x", event_id=uuid4(), event_type="lending.x.v1"
    )


def links(page: str, pattern: str) -> list[str]:
    """The addresses on a page that match, each once."""
    return list(dict.fromkeys(unescape(found) for found in re.findall(rf'href="({pattern})"', page)))


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label_lower)
@pytest.mark.usefixtures("a_used_library")
class TestThePagesOfEachKindOfRow:
    def test_open_with_every_filter_order_and_search(
        self, model: type[Any], somebody_with_all_roles: Client
    ) -> None:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        page = somebody_with_all_roles.get(address).content.decode()
        for query in [*links(page, r"\?[^\"]+"), "?q=a", "?q=0042", f"?q={UUID(int=1)}"]:
            answer = somebody_with_all_roles.get(f"{address}{query}", follow=True)
            assert answer.status_code == 200, query

    def test_open_for_each_row(self, model: type[Any], somebody_with_all_roles: Client) -> None:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        page = somebody_with_all_roles.get(address).content.decode()
        rows = links(page, rf"{address}[^\"?]+/")
        if model._meta.label_lower not in LISTED_OTHERWISE:
            assert any(row.endswith("/change/") for row in rows)
        for row in rows[:5]:
            shown = somebody_with_all_roles.get(row)
            assert shown.status_code == 200, row
            for further in links(shown.content.decode(), rf"{address}[^\"?]+/")[:5]:
                assert somebody_with_all_roles.get(further).status_code == 200, further

    def test_write_nothing_but_by_commands(self, model: type[Any], somebody_with_all_roles: Client) -> None:
        shown = admin.site._registry[model]
        assert isinstance(shown, ReadOnlyAdmin)
        assert (shown.inlines, shown.list_editable) == ((), ())
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert "delete_selected" not in somebody_with_all_roles.get(address).content.decode()
        before = model.objects.count()
        chosen = [str(key) for key in model.objects.values_list("pk", flat=True)]
        form = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
        somebody_with_all_roles.post(address, form)
        assert model.objects.count() == before
