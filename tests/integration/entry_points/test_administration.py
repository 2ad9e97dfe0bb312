"""Every page of the administration, with rows on it, as somebody with all roles clicks through it."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from shared_kernel.web.admin.base import ReadOnlyAdmin

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
