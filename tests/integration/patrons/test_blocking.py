import json
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from outbox.models import OutboxMessage
from tests.factories_patrons import a_patron
from tests.integration.patrons.api import codes, get, post

pytestmark = pytest.mark.django_db


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
