import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from outbox.models import OutboxMessage
from patrons.adapters.repositories.patrons import DjangoPatrons
from patrons.models import PatronRow
from patrons.services.commands.link_login import LinkLogin
from patrons.services.patron_details import PatronDetails
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from shared_kernel.services.logins import CreatedLogin, CreateLogin
from tests.factories_patrons import a_patron
from tests.integration.patrons.conftest import client_with

pytestmark = pytest.mark.django_db

ADA = {"name": "Ada Lovelace", "email": "Ada@Example.org", "category": "premium"}


def post(client: APIClient, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
    return client.post(f"/api/v1{path}", body or {}, format="json", headers=headers)


def get(client: APIClient | Client, path: str) -> Any:
    return client.get(f"/api/v1{path}")


def codes(answer: Any) -> list[str]:
    return [error["code"] for error in answer.json()["errors"]]


class TestRegistering:
    def test_answers_the_new_patron(self, desk: APIClient) -> None:
        answer = post(desk, "/patrons", {**ADA, "expires_on": "2020-01-01"})
        assert answer.status_code == 201
        body = answer.json()
        assert body["card_number"].startswith("P")
        del body["id"], body["card_number"]
        assert body == {
            "name": "Ada Lovelace",
            "email": "ada@example.org",
            "category": "premium",
            "home_branch": None,
            "expires_on": "2020-01-01",
            "blocks": [],
            "version": 1,
            "declined_notices": [],
            "privacy": "default",
            "language": None,
            "birth_date": None,
        }
        assert answer["Cache-Control"] == "no-store"

    def test_tells_the_world_facts_and_no_person(self, desk: APIClient) -> None:
        patron = post(desk, "/patrons", ADA).json()
        message = OutboxMessage.objects.get(aggregate_id=patron["id"])
        assert message.type == "patrons.patron_registered.v1"
        assert json.loads(message.payload)["data"] == {
            "category": "premium",
            "home_branch": None,
            "expires_on": None,
        }
        entry = AuditEntry.objects.latest("id")
        assert (entry.action, entry.subjects) == ("RegisterPatron", {"patron": patron["id"]})
        for stored in (message.payload, str(entry.subjects), entry.comment):
            assert not any(secret in stored for secret in ("Ada", "ada@", patron["card_number"]))

    def test_is_refused_for_an_address_or_a_card_that_another_has(self, desk: APIClient) -> None:
        post(desk, "/patrons", {**ADA, "card_number": "0042"})
        answer = post(desk, "/patrons", {**ADA, "email": " ADA@example.org", "card_number": "0042"})
        assert answer.status_code == 409
        assert codes(answer) == ["duplicate_email", "duplicate_card_number"]
        assert PatronRow.objects.count() == 1

    def test_is_refused_by_the_database_where_two_come_at_once(
        self, desk: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        post(desk, "/patrons", {**ADA, "card_number": "0042"})
        for unseen in ("with_email", "with_card"):
            monkeypatch.setattr(DjangoPatrons, unseen, lambda *_: None)
        other = {"email": "bob@example.org", "card_number": "0043"}
        assert codes(post(desk, "/patrons", {**ADA, "card_number": "0043"})) == ["duplicate_email"]
        assert codes(post(desk, "/patrons", {**ADA, **other, "card_number": "0042"})) == [
            "duplicate_card_number"
        ]
        assert PatronRow.objects.count() == OutboxMessage.objects.count() == 1

    def test_names_each_field_at_fault(self, desk: APIClient) -> None:
        answer = post(
            desk, "/patrons", {"name": "\u200b", "email": "ada@example.org\nBcc: x@y.org", "category": "x"}
        )
        assert answer.status_code == 422
        assert [(error["code"], error["pointer"]) for error in answer.json()["errors"]] == [
            ("invalid_name", "/name"),
            ("invalid_email", "/email"),
        ]
        assert codes(post(desk, "/patrons", {**ADA, "category": "pirate", "home_branch": "MOON"})) == [
            "unknown_category",
            "unknown_branch",
        ]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"nickname": "x"},
            {"name": ""},
            {"card_number": ""},
            {"home_branch": ""},
            {"name": None},
            {"name": ["Ada"]},
            {"email": "a\x00@example.org"},
            {"expires_on": "soon"},
            {"card_number": "' OR 1"},
            {"home_branch": "x" * 33},
        ],
    )
    def test_refuses_what_is_no_patron(self, desk: APIClient, wrong: dict[str, Any]) -> None:
        assert post(desk, "/patrons", {**ADA, **wrong}).status_code == 422

    def test_knows_the_branch_that_exists_from_the_start(self, desk: APIClient) -> None:
        assert post(desk, "/patrons", {**ADA, "home_branch": "MAIN"}).json()["home_branch"] == "MAIN"

    def test_happens_once_for_one_key(self, desk: APIClient) -> None:
        answers = [post(desk, "/patrons", ADA, **{"Idempotency-Key": "ada-00001"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
        assert PatronRow.objects.count() == 1

    def test_needs_the_right_to_write(self, reader: APIClient) -> None:
        assert post(reader, "/patrons", ADA).status_code == 403
        assert post(APIClient(), "/patrons", ADA).status_code == 401


class TestBlocking:
    def test_suspends_and_reinstates(self, desk: APIClient) -> None:
        patron = a_patron()
        suspended = post(desk, f"/patrons/{patron.id}/suspend", {"reason": "lost a book"})
        assert suspended.status_code == 200
        assert [(each["reason"], each["until"]) for each in suspended.json()["blocks"]] == [
            ("lost a book", None)
        ]
        assert get(desk, f"/patrons/{patron.id}").json() == suspended.json()
        reinstated = post(desk, f"/patrons/{patron.id}/reinstate")
        assert (reinstated.status_code, reinstated.json()["blocks"]) == (200, [])
        assert list(OutboxMessage.objects.order_by("id").values_list("type", "aggregate_version")) == [
            ("patrons.patron_registered.v1", 1),
            ("patrons.patron_suspended.v1", 2),
            ("patrons.patron_reinstated.v1", 3),
        ]
        assert "lost a book" not in "".join(OutboxMessage.objects.values_list("payload", flat=True))

    def test_can_end_by_itself(self, desk: APIClient) -> None:
        patron = a_patron()
        body = {"reason": "unpaid", "until": "2026-03-10"}
        assert post(desk, f"/patrons/{patron.id}/suspend", body).json()["blocks"][0]["until"] == "2026-03-10"
        assert json.loads(OutboxMessage.objects.latest("id").payload)["type"] == "patrons.patron_blocked.v1"

    def test_is_refused_without_a_reason_twice_or_in_vain(self, desk: APIClient) -> None:
        patron = a_patron()
        suspend, reinstate = (f"/patrons/{patron.id}/{what}" for what in ("suspend", "reinstate"))
        for empty in ({}, {"reason": " "}):
            answer = post(desk, suspend, empty)
            assert (answer.status_code, codes(answer)) == (422, ["reason_required"])
        assert codes(post(desk, reinstate)) == ["not_blocked"]
        post(desk, suspend, {"reason": "x"})
        again = post(desk, suspend, {"reason": "x"})
        assert (again.status_code, codes(again)) == (409, ["already_suspended"])

    def test_of_nobody_is_not_found(self, desk: APIClient, reader: APIClient) -> None:
        assert post(desk, f"/patrons/{uuid4()}/suspend", {"reason": "x"}).status_code == 404
        assert post(desk, "/patrons/ada/suspend", {"reason": "x"}).status_code == 404
        assert post(reader, f"/patrons/{a_patron().id}/suspend", {"reason": "x"}).status_code == 403


class TestTheBlocks:
    def test_are_added_and_lifted_one_by_one(self, desk: APIClient) -> None:
        patron = a_patron()
        added = post(desk, f"/patrons/{patron.id}/blocks", {"reason": "unpaid", "until": "2026-03-10"})
        assert added.status_code == 201
        both = post(desk, f"/patrons/{patron.id}/blocks", {"reason": "lost a book"}).json()["blocks"]
        assert [(each["reason"], each["until"]) for each in both] == [
            ("unpaid", "2026-03-10"),
            ("lost a book", None),
        ]
        lifted = desk.delete(f"/api/v1/patrons/{patron.id}/blocks/{both[0]['id']}")
        assert (lifted.status_code, lifted.json()["blocks"]) == (200, both[1:])
        again = desk.delete(f"/api/v1/patrons/{patron.id}/blocks/{both[0]['id']}")
        assert again.status_code == 404

    def test_need_a_reason_and_the_right_to_write(self, desk: APIClient, reader: APIClient) -> None:
        path = f"/patrons/{a_patron().id}/blocks"
        assert codes(post(desk, path, {"until": "2026-03-10"})) == ["reason_required"]
        assert post(desk, path, {"reason": "x", "until": "soon"}).status_code == 422
        assert post(reader, path, {"reason": "x"}).status_code == 403
        assert reader.delete(f"/api/v1{path}/{uuid4()}").status_code == 403


class TestChanging:
    def patch(self, client: Any, patron: PatronDetails, body: dict[str, Any], **headers: str) -> Any:
        path = f"/api/v1/patrons/{patron.id}"
        return client.patch(path, json.dumps(body), content_type="application/json", headers=headers)

    def test_changes_what_is_sent_and_nothing_else(self, desk: APIClient) -> None:
        patron = a_patron(home_branch="MAIN")
        changes = {
            "name": " Ada  King ",
            "category": "premium",
            "declined_notices": ["loan_receipt", "due_soon"],
        }
        answer = self.patch(desk, patron, changes)
        assert answer.status_code == 200
        body = answer.json()
        assert (body["name"], body["email"], body["category"]) == ("Ada King", patron.email, "premium")
        assert (body["home_branch"], body["version"]) == ("MAIN", 3)
        assert body["declined_notices"] == ["due_soon", "loan_receipt"]
        assert get(desk, f"/patrons/{patron.id}").json() == body
        assert self.patch(desk, patron, {"home_branch": None}).json()["home_branch"] is None

    def test_tells_the_world_that_and_not_how(self, desk: APIClient) -> None:
        patron = a_patron()
        self.patch(desk, patron, {"name": "Sentinel", "email": "sentinel@example.org"})
        message = OutboxMessage.objects.latest("id")
        assert message.type == "patrons.patron_contact_changed.v1"
        assert json.loads(message.payload)["data"] == {"changed": ["name", "email"]}

    def test_of_nothing_new_leaves_the_version(self, desk: APIClient) -> None:
        patron = a_patron()
        for body in ({}, {"name": patron.name, "category": patron.category}):
            assert self.patch(desk, patron, body).json()["version"] == 1

    def test_honours_if_match(self, desk: APIClient) -> None:
        patron = a_patron()
        seen = get(desk, f"/patrons/{patron.id}")["ETag"]
        assert self.patch(desk, patron, {"name": "Ada King"}, **{"If-Match": seen}).status_code == 200
        stale = self.patch(desk, patron, {"name": "Ada Byron"}, **{"If-Match": seen})
        assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
        assert get(desk, f"/patrons/{patron.id}").json()["name"] == "Ada King"

    def test_is_refused_with_all_that_is_wrong(self, desk: APIClient) -> None:
        a_patron(email="bob@example.org")
        patron = a_patron()
        unreadable = self.patch(
            desk, patron, {"name": "\u200b", "email": "x", "declined_notices": ["hold_ready"]}
        )
        assert unreadable.status_code == 422
        assert [each["pointer"] for each in unreadable.json()["errors"]] == [
            "/name",
            "/email",
            "/declined_notices",
        ]
        impossible = self.patch(
            desk, patron, {"email": "BOB@example.org", "category": "x", "home_branch": "MOON"}
        )
        assert codes(impossible) == ["unknown_category", "unknown_branch", "duplicate_email"]
        assert get(desk, f"/patrons/{patron.id}").json()["version"] == 1

    @pytest.mark.parametrize(
        "body",
        [
            {"card_number": "1"},
            {"name": None},
            {"email": ["x"]},
            {"declined_notices": "due_soon"},
            {"declined_notices": [1, {}]},
            {"declined_notices": ["due_soon"] * 100},
            {"home_branch": "x" * 33},
            {"category": ""},
            {"home_branch": ""},
        ],
    )
    def test_refuses_what_no_patron_can_be(self, desk: APIClient, body: dict[str, Any]) -> None:
        assert self.patch(desk, a_patron(), body).status_code == 422

    def test_is_refused_by_the_database_where_two_come_at_once(
        self, desk: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_patron(email="bob@example.org")
        monkeypatch.setattr(DjangoPatrons, "with_email", lambda *_: None)
        answer = self.patch(desk, a_patron(), {"email": "bob@example.org"})
        assert (answer.status_code, codes(answer)) == (409, ["duplicate_email"])

    def test_needs_the_right_to_write(self, reader: APIClient) -> None:
        assert self.patch(reader, a_patron(), {"name": "Eve"}).status_code == 403
        assert self.patch(APIClient(), a_patron(), {"name": "Eve"}).status_code == 401

    @pytest.mark.parametrize("choice", ["forever", "never", "default"])
    def test_puts_down_how_long_past_loans_are_remembered_as_theirs(
        self, desk: APIClient, choice: str
    ) -> None:
        ada = a_patron()
        assert self.patch(desk, ada, {"privacy": choice}).json()["privacy"] == choice
        assert desk.get(f"/api/v1/patrons/{ada.id}").json()["privacy"] == choice

    def test_knows_no_other_choice_of_privacy(self, desk: APIClient) -> None:
        answer = self.patch(desk, a_patron(), {"privacy": "sometimes"})
        assert (answer.status_code, codes(answer)) == (422, ["unknown_privacy"])
        assert answer.json()["errors"][0]["pointer"] == "/privacy"

    def test_by_patrons_themselves_is_about_their_letters_and_privacy_alone(
        self, login_as: Callable[[str], tuple[Client, CreatedLogin]]
    ) -> None:
        ada, bob = a_patron(), a_patron()
        client, login = login_as("patron")
        dispatch(LinkLogin(card=ada.card_number, login_id=login.id))
        choice = {"declined_notices": ["due_soon"], "privacy": "never"}
        chosen = self.patch(client, ada, choice).json()
        assert (chosen["declined_notices"], chosen["privacy"]) == (["due_soon"], "never")
        assert self.patch(client, bob, choice).status_code == 404
        assert self.patch(client, ada, {**choice, "category": "premium"}).status_code == 422


class TestRenewing:
    def renew(self, client: APIClient, patron: PatronDetails, **body: str) -> Any:
        now = {"Library-Now": "2024-01-15T10:00:00Z"}
        return post(client, f"/patrons/{patron.id}/renew-membership", body, **now)

    def test_goes_on_for_a_year_or_to_the_day_that_is_named(self, desk: APIClient) -> None:
        patron = a_patron(expires_on=date(2024, 6, 30))
        assert self.renew(desk, patron).json()["expires_on"] == "2025-06-30"
        assert self.renew(desk, patron, expires_on="2024-12-31").json()["expires_on"] == "2024-12-31"
        assert self.renew(desk, a_patron(expires_on=date(2020, 1, 1))).json()["expires_on"] == "2025-01-15"

    def test_of_what_never_ends_needs_a_day(self, desk: APIClient) -> None:
        answer = self.renew(desk, a_patron())
        assert (answer.status_code, codes(answer)) == (409, ["membership_never_ends"])

    def test_needs_the_right_to_write(self, reader: APIClient) -> None:
        assert self.renew(reader, a_patron()).status_code == 403


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


class TestTheDateOfBirth:
    def test_is_kept_changed_and_cleared(self, desk: APIClient) -> None:
        ada = post(desk, "/patrons", {**ADA, "birth_date": "1990-05-17"}).json()
        assert ada["birth_date"] == "1990-05-17"
        path = f"/api/v1/patrons/{ada['id']}"
        for given, stored in (("2011-02-03", "2011-02-03"), (None, None)):
            answer = desk.patch(path, {"birth_date": given}, format="json")
            assert (answer.status_code, answer.json()["birth_date"]) == (200, stored)
            assert desk.get(path).json()["birth_date"] == stored
        desk.patch(path, {"birth_date": "1990-05-17"}, format="json")
        assert desk.patch(path, {"name": "Ada King"}, format="json").json()["birth_date"] == "1990-05-17"

    @pytest.mark.parametrize("given", ["1899-12-31", "2999-01-01", "1990-02-30", "17.05.1990", 1990, ""])
    def test_is_a_day_on_which_somebody_alive_can_be_born(self, given: object, desk: APIClient) -> None:
        ada = a_patron()
        registered = post(desk, "/patrons", {**ADA, "birth_date": given})
        changed = desk.patch(f"/api/v1/patrons/{ada.id}", {"birth_date": given}, format="json")
        for answer in (registered, changed):
            assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/birth_date")
        assert PatronRow.objects.exclude(birth_date=None).count() == 0

    def test_may_be_today_or_the_first_day_of_1900(self, desk: APIClient) -> None:
        for number, given in enumerate(("1900-01-01", datetime.now(UTC).date().isoformat())):
            body = {**ADA, "email": f"ada{number}@else.org", "birth_date": given}
            assert post(desk, "/patrons", body).json()["birth_date"] == given

    def test_is_in_no_list_and_no_event(self, desk: APIClient) -> None:
        ada = post(desk, "/patrons", {**ADA, "birth_date": "1990-05-17"}).json()
        desk.patch(f"/api/v1/patrons/{ada['id']}", {"birth_date": "1991-05-17"}, format="json")
        (listed,) = get(desk, "/patrons").json()["results"]
        assert "birth_date" not in listed
        for payload in OutboxMessage.objects.values_list("payload", flat=True):
            assert "-05-17" not in payload
        changed = json.loads(OutboxMessage.objects.latest("id").payload)["data"]["changed"]
        assert changed == ["birth_date"]

    def test_is_shown_to_the_patron_who_cannot_change_it(self, client: Client) -> None:
        ada = a_patron(birth_date=date(1990, 5, 17))
        login = dispatch(CreateLogin(name="ada", role="patron"))
        dispatch(LinkLogin(card=ada.card_number, login_id=login.id))
        client.force_login(User.objects.get(pk=login.id))
        for path in ("/me", f"/patrons/{ada.id}"):
            assert get(client, path).json()["birth_date"] == "1990-05-17"
        body = json.dumps({"birth_date": "1991-05-17"})
        refused = client.patch(f"/api/v1/patrons/{ada.id}", body, content_type="application/json")
        assert refused.status_code == 422
