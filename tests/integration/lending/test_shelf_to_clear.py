"""A copy that an ended hold left on the hold shelf is scanned off it; nobody has used it."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from lending.models import InHouseUseRow
from tests.factories import a_copy
from tests.factories_patrons import a_patron
from tests.integration.conftest import Token
from tests.integration.lending.desk import Desk

pytestmark = pytest.mark.django_db

READY, ENDED = "2024-01-15T10:00:00Z", "2024-01-16T10:00:00Z"
SCANNED, AGAIN, NEXT_DAY = "2024-01-16T11:00:00Z", "2024-01-16T11:01:00Z", "2024-01-17T11:00:00Z"


@pytest.fixture
def desk(token: Token) -> Desk:
    return Desk(token("circulation:read", "circulation:write", "rules:write"))


def a_ready_hold(desk: Desk) -> dict[str, Any]:
    hold = desk.hold(a_copy().book, a_patron().card_number, at=READY).json()
    ready: dict[str, Any] = desk.post(f"/holds/{hold['id']}/ready", at=READY).json()
    assert ready["state"] == "ready"
    return ready


def to_clear(*, at: str) -> list[str]:
    out = StringIO()
    call_command("report", "shelf", "--json", "--as-of", at, stdout=out)
    return [row["barcode"] for row in json.loads(out.getvalue())]


class TestACopyLeftOnTheHoldShelf:
    def test_is_off_it_once_it_is_scanned_and_was_not_used(self, desk: Desk) -> None:
        hold = a_ready_hold(desk)
        desk.post(f"/holds/{hold['id']}/cancel", at=ENDED)
        assert to_clear(at=ENDED) == [hold["copy"]]
        scanned = desk.give_back(hold["copy"], at=SCANNED).json()
        assert scanned["in_house"] is False
        assert to_clear(at=SCANNED) == []

    def test_is_scanned_twice_without_a_use_and_used_the_day_after(self, desk: Desk) -> None:
        hold = a_ready_hold(desk)
        desk.post(f"/holds/{hold['id']}/cancel", at=ENDED)
        desk.give_back(hold["copy"], at=SCANNED)
        assert desk.give_back(hold["copy"], at=AGAIN).json()["in_house"] is False
        assert desk.give_back(hold["copy"], at=NEXT_DAY).json()["in_house"] is True

    def test_of_an_expired_hold_is_off_it_too(self, desk: Desk) -> None:
        hold = a_ready_hold(desk)
        call_command("expire_holds", "--as-of", "2024-02-01T00:00:00Z")
        assert to_clear(at="2024-02-01T09:00:00Z") == [hold["copy"]]
        assert desk.give_back(hold["copy"], at="2024-02-01T09:00:00Z").json()["in_house"] is False
        assert to_clear(at="2024-02-01T09:00:00Z") == []
        assert not InHouseUseRow.objects.exists()


class TestAnInHouseUse:
    def test_scanned_twice_is_one(self, desk: Desk) -> None:
        copy = a_copy()
        scans = [desk.give_back(copy.barcode, at=at).json()["in_house"] for at in (SCANNED, AGAIN, NEXT_DAY)]
        assert scans == [True, False, True]


class TestAnUnforeseenClosure:
    def test_of_the_last_day_lets_no_hold_expire_whichever_job_comes_first(self, desk: Desk) -> None:
        hold = a_ready_hold(desk)
        deadline = hold["pickup_deadline_at"]
        day = deadline[:10]
        closed = desk.post(
            "/branches/MAIN/closures", at=ENDED, **{"from": day, "to": day, "reason": "no heating"}
        )
        assert closed.status_code == 201, closed.content
        call_command("expire_holds", "--as-of", f"{day}T23:59:59.5Z")
        after = desk.get(f"/holds/{hold['id']}").json()
        assert after["state"] == "ready"
        assert after["pickup_deadline_at"] > deadline
