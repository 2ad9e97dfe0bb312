import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from outbox.models import OutboxMessage
from patrons.adapters.repositories.patrons import DjangoPatrons
from patrons.services.commands.link_login import LinkLogin
from patrons.services.patron_details import PatronDetails
from shared_kernel.services.commands import dispatch
from shared_kernel.services.logins import CreatedLogin
from tests.factories_patrons import a_patron
from tests.integration.patrons.api import codes, get, post

pytestmark = pytest.mark.django_db


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
