import json
from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from outbox.models import OutboxMessage
from patrons.models import PatronRow
from patrons.services.commands.link_login import LinkLogin
from shared_kernel.services.commands import dispatch
from shared_kernel.services.logins import CreateLogin
from tests.factories_patrons import a_patron
from tests.integration.patrons.api import ADA, get, post

pytestmark = pytest.mark.django_db


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
