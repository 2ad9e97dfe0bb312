from collections.abc import Callable
from importlib import import_module
from uuid import uuid4

import pytest
from django.apps import apps
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from patrons.models import PatronRow
from patrons.services.commands.link_login import LinkLogin
from shared_kernel.services.commands import dispatch
from shared_kernel.services.logins import CreatedLogin
from tests.factories_patrons import a_patron
from tests.integration.patrons.api import get
from tests.integration.patrons.conftest import client_with

pytestmark = pytest.mark.django_db


class TestListing:
    def names(self, client: APIClient, query: str) -> list[str]:
        return [each["name"] for each in get(client, f"/patrons?{query}").json()["results"]]

    def test_sorts_by_name_and_turns_pages_both_ways(self, reader: APIClient) -> None:
        for name in ("Émile", "zoe", "Ada", "Bob", "eve"):
            a_patron(name=name)
        first = get(reader, "/patrons?page_size=2").json()
        second = reader.get(first["next"]).json()
        third = reader.get(second["next"]).json()
        pages = [[each["name"] for each in page["results"]] for page in (first, second, third)]
        assert pages == [["Ada", "Bob"], ["Émile", "eve"], ["zoe"]]
        assert (first["previous"], third["next"]) == (None, None)
        assert reader.get(second["previous"]).json()["results"] == first["results"]

    def test_finds_by_name_address_and_the_cards_beginning(self, reader: APIClient) -> None:
        a_patron(name="José García", email="jg@example.org", card_number="A-42")
        a_patron(name="Bob", email="bob@elsewhere.org", card_number="B-42")
        assert self.names(reader, "q=garcia jose") == ["José García"]
        assert self.names(reader, "q=ELSEWHERE") == ["Bob"]
        assert self.names(reader, "q=a-4") == ["José García"]
        assert self.names(reader, "q=42") == []
        assert self.names(reader, "q=%25") == []

    @pytest.mark.parametrize(
        ("name", "query"),
        [
            ("Jens Sørensen", "sorensen"),
            ("Jens Sørensen", "SØRENSEN"),
            ("Paweł Łukasz", "pawel"),
            ("Jürgen Weiß", "weiss"),
            ("Æsa", "aesa"),
        ],
    )
    def test_finds_a_name_without_its_accents(self, reader: APIClient, name: str, query: str) -> None:
        a_patron(name=name)
        a_patron(name="Bob")
        assert self.names(reader, f"q={query}") == [name]

    def test_finds_a_name_stored_before_names_were_folded_so(self, reader: APIClient) -> None:
        names = ["Bob", *(f"Sørensen {number}" for number in range(3))]
        for name in names:
            a_patron(name=name)
            PatronRow.objects.filter(name=name).update(sort_key=name.casefold())
        migration = import_module("patrons.migrations.0009_fold_sort_keys")
        migration.fold_sort_keys(apps, None)
        assert self.names(reader, "q=sorensen") == names[1:]
        assert self.names(reader, "") == names

    def test_filters_by_category(self, reader: APIClient) -> None:
        a_patron(name="Ada", category="premium")
        a_patron(name="Bob")
        assert self.names(reader, "category=premium") == ["Ada"]
        assert self.names(reader, "category=pirate") == []

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("page_size=0", 422),
            ("ordering=email", 422),
            ("login__password=x", 422),
            ("q=%00", 422),
            ("cursor=garbage", 400),
        ],
    )
    def test_refuses_what_it_does_not_know(self, reader: APIClient, query: str, status: int) -> None:
        assert get(reader, f"/patrons?{query}").status_code == status

    def test_takes_one_query(
        self, reader: APIClient, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        a_patron(), a_patron(), a_patron()
        get(reader, "/patrons")
        with django_assert_num_queries(1):
            get(reader, "/patrons")

    def test_needs_the_right_to_read(self) -> None:
        assert get(client_with("catalog:read"), "/patrons").status_code == 403
        assert get(APIClient(), "/patrons").status_code == 401


class TestAPatron:
    def test_sees_only_themselves(self, login_as: Callable[[str], tuple[Client, CreatedLogin]]) -> None:
        ada, bob = a_patron(), a_patron()
        client, login = login_as("patron")
        dispatch(LinkLogin(card=ada.card_number, login_id=login.id))
        assert get(client, f"/patrons/{ada.id}").json()["name"] == ada.name
        assert get(client, f"/patrons/{bob.id}").status_code == 404
        assert get(client, "/patrons").status_code == 403

    def test_whom_nobody_knows_is_not_found(self, reader: APIClient) -> None:
        answer = get(reader, f"/patrons/{uuid4()}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
