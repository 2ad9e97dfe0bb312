"""What is due on a day that is closed later moves, once, to the next open day."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from lending.models import HoldRow, LoanRow
from lending.tasks import redate_loans
from outbox.models import OutboxMessage
from shared_kernel.models import AuditEntry
from tests.factories import a_copy
from tests.factories_patrons import a_patron
from tests.integration.conftest import Token
from tests.integration.lending.desk import Desk

pytestmark = pytest.mark.django_db

BORROWED_AT = "2024-01-15T12:00:00Z"
LATER = "2024-01-20T12:00:00Z"
MOVED = "lending.loan_due_date_changed.v1"


@pytest.fixture
def manager(token: Token) -> Desk:
    return Desk(token("rules:write", "circulation:read", "circulation:write"))


def lend(manager: Desk, *, at: str = BORROWED_AT, branch: str = "MAIN", **patron: Any) -> Any:
    card = a_patron(**patron).card_number
    return manager.borrow(a_copy(branch=branch).barcode, card, at=at).json()


def close(manager: Desk, first_on: str, last_on: str, *, branch: str = "MAIN") -> Any:
    body = {"from": first_on, "to": last_on, "reason": "stocktaking"}
    return manager.post(f"/branches/{branch}/closures", **body).json()


def sweep(at: str = LATER) -> Any:
    out = StringIO()
    call_command("redate_loans", "--json", "--as-of", at, stdout=out)
    return json.loads(out.getvalue())


def due_at(manager: Desk, loan: Any) -> Any:
    return manager.get(f"/loans/{loan['id']}").json()["due_at"]


class TestALoanDueOnAClosedDay:
    def test_moves_to_the_next_open_day_once(self, manager: Desk) -> None:
        loan = lend(manager)
        close(manager, "2024-01-28", "2024-01-30")
        assert due_at(manager, loan) == "2024-01-29T23:59:59Z"
        assert sweep() == {"changed": 1, "unchanged": 0, "failed": []}
        assert due_at(manager, loan) == "2024-01-31T23:59:59Z"
        assert sweep() == {"changed": 0, "unchanged": 0, "failed": []}
        event = json.loads(OutboxMessage.objects.get(type=MOVED).payload)["data"]
        assert (event["previous_due_at"], event["due_at"], event["due_version"]) == (
            "2024-01-29T23:59:59Z",
            "2024-01-31T23:59:59Z",
            2,
        )

    def test_moves_by_the_clock_of_the_worker_alike(self, manager: Desk) -> None:
        loan = lend(manager)
        close(manager, "2024-01-29", "2024-01-29")
        redate_loans()
        redate_loans()
        assert due_at(manager, loan) == "2024-01-30T23:59:59Z"
        assert OutboxMessage.objects.filter(type=MOVED).count() == 1

    def test_counts_days_of_its_branch(self, manager: Desk) -> None:
        manager.post("/branches", code="NYC", name="New York", time_zone="America/New_York")
        east, here = lend(manager, branch="NYC"), lend(manager)
        close(manager, "2024-01-29", "2024-01-29", branch="NYC")
        assert due_at(manager, east) == "2024-01-30T04:59:59Z"
        assert sweep()["changed"] == 1
        assert (due_at(manager, east), due_at(manager, here)) == (
            "2024-01-31T04:59:59Z",
            "2024-01-29T23:59:59Z",
        )

    def test_is_never_due_after_its_patrons_membership(self, manager: Desk) -> None:
        ending = lend(manager, expires_on="2024-01-30")
        over = lend(manager, expires_on="2024-01-20")
        close(manager, "2024-01-29", "2024-02-05")
        close(manager, "2024-01-20", "2024-01-20")
        assert sweep() == {"changed": 1, "unchanged": 1, "failed": []}
        assert due_at(manager, ending) == "2024-01-28T23:59:59Z"
        assert due_at(manager, over) == "2024-01-20T23:59:59Z"

    def test_stays_where_it_was_moved_when_the_closure_is_taken_back(self, manager: Desk) -> None:
        loan = lend(manager)
        closure = close(manager, "2024-01-29", "2024-01-29")
        sweep()
        manager.send("DELETE", f"/branches/MAIN/closures/{closure['id']}")
        assert sweep()["changed"] == 0
        assert due_at(manager, loan) == "2024-01-30T23:59:59Z"

    def test_moves_again_when_the_new_day_is_closed_too(self, manager: Desk) -> None:
        loan = lend(manager)
        close(manager, "2024-01-29", "2024-01-29")
        sweep()
        close(manager, "2024-01-30", "2024-01-31")
        sweep()
        assert due_at(manager, loan) == "2024-02-01T23:59:59Z"
        assert LoanRow.objects.get().due_version == 3

    def test_is_left_alone_once_it_has_come_back(self, manager: Desk) -> None:
        loan = lend(manager)
        close(manager, "2024-01-29", "2024-01-29")
        manager.give_back(loan["copy_barcode"], at=LATER)
        assert sweep() == {"changed": 0, "unchanged": 0, "failed": []}
        assert due_at(manager, loan) == "2024-01-29T23:59:59Z"

    def test_leaves_a_line_in_the_audit_only_where_it_moves(self, manager: Desk) -> None:
        loan = lend(manager)
        close(manager, "2024-01-29", "2024-01-29")
        sweep()
        sweep()
        entry = AuditEntry.objects.get(action="RedateLoan")
        assert (entry.subjects["loan"], entry.subjects["patron"]) == (loan["id"], loan["patron"])


class TestAReadyHold:
    def test_is_kept_to_the_next_open_day(self, manager: Desk) -> None:
        copy = a_copy()
        manager.borrow(copy.barcode, a_patron().card_number, at=BORROWED_AT)
        hold = manager.hold(copy.book, a_patron().card_number, at=BORROWED_AT).json()
        manager.give_back(copy.barcode, at=BORROWED_AT)
        close(manager, "2024-01-22", "2024-01-23")
        assert sweep() == {"changed": 1, "unchanged": 0, "failed": []}
        assert sweep() == {"changed": 0, "unchanged": 0, "failed": []}
        assert manager.get(f"/holds/{hold['id']}").json()["pickup_deadline_at"] == "2024-01-24T23:59:59Z"
        told = json.loads(OutboxMessage.objects.get(type="lending.hold_deadline_changed.v1").payload)["data"]
        assert (told["hold_id"], told["barcode"], told["pickup_branch"]) == (hold["id"], copy.barcode, "MAIN")
        assert told["previous_deadline_at"] == "2024-01-22T23:59:59Z"

    def test_that_only_waits_has_no_deadline_to_move(self, manager: Desk) -> None:
        loan = lend(manager)
        manager.hold(loan["book"], a_patron().card_number, at=BORROWED_AT)
        close(manager, "2024-01-16", "2024-01-28")
        assert sweep() == {"changed": 0, "unchanged": 0, "failed": []}
        assert HoldRow.objects.get().pickup_deadline_at is None


class TestTheJob:
    def test_reports_a_broken_record_does_the_others_and_fails(self, manager: Desk) -> None:
        loans = [lend(manager) for _ in range(4)]
        broken = loans[1]["id"]
        LoanRow.objects.filter(id=broken).update(terms={"loan_days": "many"})
        close(manager, "2024-01-29", "2024-01-29")
        out = StringIO()
        with pytest.raises(CommandError) as failure:
            call_command("redate_loans", "--as-of", LATER, stdout=out)
        assert failure.value.returncode == 1
        assert broken in str(failure.value)
        assert "3 changed" in out.getvalue()
        moved = {loan["id"] for loan in loans if due_at(manager, loan) == "2024-01-30T23:59:59Z"}
        assert moved == {loan["id"] for loan in loans} - {broken}

    def test_reports_a_loan_of_a_branch_that_nobody_knows(self, manager: Desk) -> None:
        lost, found = lend(manager), lend(manager)
        LoanRow.objects.filter(id=lost["id"]).update(branch="GONE")
        close(manager, "2024-01-29", "2024-01-29")
        with pytest.raises(CommandError, match=lost["id"]):
            call_command("redate_loans", "--as-of", LATER, stdout=StringIO())
        assert due_at(manager, found) == "2024-01-30T23:59:59Z"

    def test_looks_at_days_rather_than_at_loans(
        self, manager: Desk, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(4):
            lend(manager)
        close(manager, "2024-02-10", "2024-02-11")
        with django_assert_max_num_queries(5):  # days in use, their branch, ready holds
            sweep()

    def test_takes_many_loans_in_batches(self, manager: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("lending.services.batches._BATCH", 2)
        for _ in range(5):
            lend(manager)
        close(manager, "2024-01-29", "2024-01-29")
        assert sweep()["changed"] == 5
