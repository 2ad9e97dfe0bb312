import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from outbox.models import OutboxMessage
from patrons.adapters.repositories.patrons import DjangoPatrons
from patrons.models import PatronRow
from shared_kernel.models import AuditEntry
from tests.integration.patrons.api import ADA, codes, post

pytestmark = pytest.mark.django_db


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
