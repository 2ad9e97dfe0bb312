"""A scheduled job and the same one beside it, on the real database: each thing happens once."""

import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from outbox.models import OutboxMessage
from tests.factories import a_copy
from tests.factories_patrons import a_patron
from tests.integration.conftest import Token
from tests.integration.lending.desk import Desk
from tests.integration.lending.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

BORROWED_AT = "2024-01-15T12:00:00Z"
MANY = 8


@pytest.fixture
def manager(token: Token) -> Desk:
    return Desk(token("rules:write", "circulation:read", "circulation:write"))


def lend(manager: Desk) -> Any:
    answer = manager.borrow(a_copy().barcode, a_patron().card_number, at=BORROWED_AT)
    assert answer.status_code == 201, answer.content
    return answer.json()


def job(name: str, as_of: str) -> Callable[[], dict[str, Any]]:
    """The command, which answers with what it has changed."""

    def run() -> dict[str, Any]:
        out = StringIO()
        call_command(name, "--json", "--as-of", as_of, stdout=out)
        swept: dict[str, Any] = json.loads(out.getvalue())
        return swept

    return run


def thrice(name: str, as_of: str) -> int:
    """Run the job three times at once; answer with how much they changed together."""
    swept = at_once(*[job(name, as_of)] * 3)
    assert all(each["failed"] == [] for each in swept)
    return sum(each["changed"] for each in swept)


def told(*types: str) -> Counter[str]:
    """How many events of each of these types there are; none is told twice of one thing."""
    messages = OutboxMessage.objects.filter(type__in=[f"lending.{each}.v1" for each in types])
    facts = [(message.type, json.loads(message.payload)["data"]) for message in messages]
    named = [(type_, data.get("hold_id") or data["copy_id"]) for type_, data in facts]
    assert len(named) == len(set(named))
    return Counter(type_.split(".")[1] for type_, _ in named)


class TestExpiringHoldsBesideItself:
    def test_ends_each_once_and_promotes_the_next_once(self, manager: Desk) -> None:
        for _ in range(MANY):
            loan = lend(manager)
            for _ in range(2):
                place = partial(manager.hold, loan["book"], at=BORROWED_AT)
                assert place(a_patron().card_number).status_code == 201
            manager.give_back(loan["copy_barcode"], at=BORROWED_AT)
        assert thrice("expire_holds", "2024-01-25T12:00:00Z") == MANY
        assert told("hold_expired") == {"hold_expired": MANY}
        assert told("hold_ready") == {"hold_ready": 2 * MANY}


class TestRedatingLoansBesideItself:
    def test_moves_each_once(self, manager: Desk) -> None:
        loans = [lend(manager) for _ in range(MANY)]
        closure = {"from": "2024-01-29", "to": "2024-01-29", "reason": "stocktaking"}
        assert manager.post("/branches/MAIN/closures", **closure).status_code == 201
        assert thrice("redate_loans", "2024-01-20T12:00:00Z") == MANY
        assert told("loan_due_date_changed") == {"loan_due_date_changed": MANY}
        moved = {manager.get(f"/loans/{loan['id']}").json()["due_at"] for loan in loans}
        assert moved == {"2024-01-30T23:59:59Z"}


class TestRemindingBesideItself:
    def test_tells_of_each_loan_once(self, manager: Desk) -> None:
        for _ in range(MANY):
            lend(manager)
        assert thrice("remind_patrons", "2024-01-25T12:00:00Z") == MANY
        assert told("loan_due_soon") == {"loan_due_soon": MANY}


class TestMarkingOverduesBesideItself:
    def test_tells_of_each_loan_once(self, manager: Desk) -> None:
        for _ in range(MANY):
            lend(manager)
        thrice("mark_overdues", "2024-01-30T12:00:00Z")
        assert told("loan_became_overdue") == {"loan_became_overdue": MANY}


class TestAgeingToLostBesideItself:
    def test_declares_and_charges_each_once(self, manager: Desk) -> None:
        for _ in range(MANY):
            lend(manager)
        assert thrice("age_to_lost", "2024-03-15T12:00:00Z") == MANY
        assert told("loan_declared_lost") == {"loan_declared_lost": MANY}
