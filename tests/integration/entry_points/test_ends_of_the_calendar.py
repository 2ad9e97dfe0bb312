"""Dates that can be written but are hardly meant, with everything else right: what is reckoned holds."""

import json
from typing import Any

import pytest
from django.test import Client

from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import SCOPES, IssueToken
from tests.factories import a_branch, a_copy, a_loan
from tests.factories_patrons import a_patron

pytestmark = pytest.mark.django_db
DAYS = ["0001-01-01", "0001-01-02", "1899-12-31", "1969-12-31", "2999-12-31", "9999-12-30", "9999-12-31"]


@pytest.fixture
def machine(db: None) -> Client:
    token = dispatch(IssueToken(name="machine", scopes=SCOPES)).token
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})


def send(machine: Client, address: str, **body: Any) -> tuple[int, dict[str, Any]]:
    response = machine.post(f"/api/v1/{address}", json.dumps(body), "application/json")
    assert response.status_code in {200, 201, 409, 422}, (address, body, response.content[:300])
    return response.status_code, response.json()


@pytest.mark.parametrize("day", DAYS)
class TestADay:
    def test_may_end_a_membership(self, day: str, machine: Client) -> None:
        status, patron = send(machine, "patrons", name="Ada", email="a@example.org", expires_on=day)
        if status == 201:
            send(machine, "loans", copy_barcode=a_copy().barcode, patron_card=patron["card_number"])
            send(machine, f"patrons/{patron['id']}/renew-membership")
            assert machine.get(f"/api/v1/patrons/{patron['id']}/profile").status_code == 200

    def test_may_end_a_block(self, day: str, machine: Client) -> None:
        patron = a_patron()
        send(machine, f"patrons/{patron.id}/blocks", reason="lost card", until=day)
        send(machine, "loans", copy_barcode=a_copy().barcode, patron_card=patron.card_number)

    def test_may_be_that_of_a_return(self, day: str, machine: Client) -> None:
        barcode = a_loan().copy_barcode
        for instant in (f"{day}T00:00:00Z", f"{day}T23:59:59.999999Z", f"{day}T12:00:00+14:00"):
            send(machine, "returns", copy_barcode=barcode, returned_at=instant)

    def test_may_end_the_rest_of_a_hold(self, day: str, machine: Client) -> None:
        card = a_patron().card_number
        _, hold = send(machine, "holds", book=str(a_loan().book), patron_card=card)
        send(machine, f"holds/{hold['id']}/suspend", until=day)
        assert machine.get("/api/v1/holds").status_code == 200

    def test_may_begin_or_end_a_closure(self, day: str, machine: Client) -> None:
        a_branch("EAST", time_zone="Pacific/Kiritimati", closed_weekdays=(0, 1, 2, 3, 4, 5))
        for first, last in ((day, day), ("0001-01-01", day), (day, "9999-12-31")):
            send(machine, "branches/EAST/closures?dry_run=true", **{"from": first, "to": last, "reason": "x"})
            send(machine, "branches/EAST/closures", **{"from": first, "to": last, "reason": "x"})
        copy, card = a_copy(branch="EAST"), a_patron().card_number
        assert send(machine, "loans", copy_barcode=copy.barcode, patron_card=card)[0] == 201
