from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from catalog.services.commands.change_copy_condition import ChangeCopyCondition
from lending.domain.hold_queue import HoldQueue
from lending.models import HoldRow, LoanRow
from lending.services import batches
from lending.services.commands.add_branch import AddBranch
from lending.services.queries.scheduled_work import AgedLoans, HoldsDue, LoansDueSoon, OverdueLoans
from lending.subscribers import allocate_copies
from lending.tasks import expire_holds, remind_due_soon
from outbox.envelope import ReceivedEvent
from outbox.models import OutboxMessage
from shared_kernel.services.batch_dispatch import dispatch_each
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask
from shared_kernel.services.request_context import with_context
from tests.factories import a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.integration.lending.desk import Desk

pytestmark = pytest.mark.django_db

BORROWED = datetime(2024, 1, 15, 10, tzinfo=UTC)
#: Noon of the day on which what was borrowed then is due.
DUE = datetime(2024, 1, 29, 12, tzinfo=UTC)
LATER = datetime.now(UTC) + timedelta(days=8)


def ready_holds(desk: Desk, count: int) -> list[dict[str, Any]]:
    holds = []
    for _ in range(count):
        loan = a_loan(patron_card=a_patron(category="researcher").card_number)
        holds.append(desk.hold(loan.book, a_patron().card_number).json())
        desk.give_back(loan.copy_barcode)
    return holds


class TestExpiringHolds:
    def test_ends_those_that_are_due_and_a_second_run_changes_nothing(self, desk: Desk) -> None:
        ready_holds(desk, 2)
        for expected in (2, 0):
            out = StringIO()
            call_command("expire_holds", as_of=LATER, stdout=out)
            assert out.getvalue().startswith(f"{expected} changed")
        assert HoldRow.objects.filter(state="expired").count() == 2

    def test_passes_over_a_broken_record_and_says_so(self, desk: Desk) -> None:
        broken, *others = ready_holds(desk, 4)
        expire = HoldQueue.expire

        def fail_for_one(queue: HoldQueue, hold_id: UUID, **kwargs: Any) -> object:
            if str(hold_id) == broken["id"]:
                raise RuntimeError("broken")
            return expire(queue, hold_id, **kwargs)

        with patch.object(HoldQueue, "expire", fail_for_one), pytest.raises(CommandError) as failed:
            call_command("expire_holds", as_of=LATER, stdout=StringIO())
        assert broken["id"] in str(failed.value)
        assert failed.value.returncode == 1
        expired = HoldRow.objects.filter(state="expired").values_list("id", flat=True)
        assert {str(hold) for hold in expired} == {hold["id"] for hold in others}

    def test_lets_a_suspension_end_on_its_day(self, desk: Desk) -> None:
        loan = a_loan()
        hold = desk.hold(loan.book, a_patron().card_number).json()
        until = (datetime.now(UTC) + timedelta(days=5)).date()
        desk.post(f"/holds/{hold['id']}/suspend", until=until.isoformat())
        desk.give_back(loan.copy_barcode)
        expire_holds()
        assert desk.get(f"/holds/{hold['id']}").json()["suspended"] is True
        with with_context(acts_at=datetime(until.year, until.month, until.day, 1, tzinfo=UTC)):
            dispatch_each(ask(HoldsDue()))
        resumed = desk.get(f"/holds/{hold['id']}").json()
        assert (resumed["suspended"], resumed["state"]) == (False, "allocated")


class TestRemindingOfDueDates:
    def reminded(self) -> set[UUID]:
        told = OutboxMessage.objects.filter(type="lending.loan_due_soon.v1")
        return set(told.values_list("aggregate_id", flat=True))

    def test_tells_once_within_the_lead_time(self) -> None:
        loans = [a_loan() for _ in range(3)]
        now = datetime.now(UTC)
        for loan, days in zip(loans, (7, 6, 8), strict=True):
            due_at = now + timedelta(days=days) - timedelta(minutes=1)
            LoanRow.objects.filter(id=loan.id).update(due_at=due_at)
        LoanRow.objects.filter(id=loans[1].id).update(due_soon_version=1)
        remind_due_soon()
        assert self.reminded() == {loans[0].id}
        assert dispatch_each(ask(LoansDueSoon())).changed == 0

    def test_tells_again_of_a_new_due_date(self, desk: Desk) -> None:
        loan = a_loan()
        with with_context(acts_at=datetime.now(UTC) + timedelta(days=10)):
            dispatch_each(ask(LoansDueSoon()))
        desk.post(f"/loans/{loan.id}/renew")
        with with_context(acts_at=datetime.now(UTC) + timedelta(days=24)):
            dispatch_each(ask(LoansDueSoon()))
        assert OutboxMessage.objects.filter(type="lending.loan_due_soon.v1").count() == 2


def lent(*, days: int = 0) -> UUID:
    """A loan that began so many days after BORROWED, for a fortnight."""
    with with_context(acts_at=BORROWED + timedelta(days=days)):
        return a_loan().id


def given(commands: Iterable[Any]) -> list[UUID]:
    return [command.loan for command in commands]


class TestTellingOfOverdueLoans:
    def due(self, *, late: int) -> list[UUID]:
        with with_context(acts_at=DUE + timedelta(days=late)):
            return given(ask(OverdueLoans()))

    def told(self, *, late: int) -> int:
        with with_context(acts_at=DUE + timedelta(days=late)):
            return dispatch_each(ask(OverdueLoans())).changed

    def test_looks_at_those_alone_of_which_there_is_something_to_tell(self) -> None:
        loan, younger = lent(), lent(days=1)
        assert self.due(late=0) == []
        assert self.due(late=1) == [loan]
        assert self.told(late=1) == 1
        assert self.due(late=1) == []
        assert self.due(late=2) == [younger]
        assert self.told(late=2) == 1
        assert self.due(late=3) == [loan]
        assert self.told(late=3) == 1
        assert self.due(late=3) == []
        assert sorted(self.due(late=6)) == sorted([loan, younger])

    def test_looks_at_it_again_when_it_is_overdue_anew(self, desk: Desk) -> None:
        loan = lent()
        assert self.told(late=1) == 1
        renewed = desk.post(f"/loans/{loan}/renew", at="2024-01-30T15:00:00Z")
        assert renewed.json()["due_at"] == "2024-02-13T23:59:59Z"
        assert self.due(late=15) == []
        assert self.due(late=16) == [loan]

    def test_leaves_out_what_is_not_open(self) -> None:
        returned, claimed, lost = lent(), lent(), lent()
        LoanRow.objects.filter(id=returned).update(state="returned", returned_at=DUE)
        LoanRow.objects.filter(id=claimed).update(state="claimed_returned")
        LoanRow.objects.filter(id=lost).update(state="lost")
        assert self.due(late=9) == []

    def test_counts_the_days_of_the_branch(self) -> None:
        dispatch(AddBranch(code="EAST", name="East", time_zone="Pacific/Kiritimati", closed_weekdays=()))
        loan = lent()
        LoanRow.objects.filter(id=loan).update(branch="EAST", overdue_version=1)
        with with_context(acts_at=DUE + timedelta(days=3, hours=-3)):
            assert given(ask(OverdueLoans())) == []
        with with_context(acts_at=DUE + timedelta(days=3, hours=-1)):
            assert given(ask(OverdueLoans())) == [loan]

    def test_reads_many_some_at_a_time_and_each_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(batches, "_BATCH", 2)
        loans = [lent(), lent(), lent(), lent(days=1), lent(days=1)]
        assert sorted(self.due(late=2)) == sorted(loans)
        assert self.told(late=2) == 5
        assert self.due(late=2) == []

    def test_says_of_each_where_its_branch_is_gone_and_does_the_others(self) -> None:
        lost_one, loan = lent(), lent()
        LoanRow.objects.filter(id=lost_one).update(branch="GONE", overdue_version=1)
        with with_context(acts_at=DUE + timedelta(days=1)):
            swept = dispatch_each(ask(OverdueLoans()))
        assert swept.changed == 1
        assert len(swept.failed) == 1
        assert str(lost_one) in swept.failed[0]
        assert LoanRow.objects.get(id=loan).overdue_version == 1


class TestAgeingToLost:
    def due(self, *, late: int) -> list[UUID]:
        with with_context(acts_at=DUE + timedelta(days=late)):
            return given(ask(AgedLoans()))

    def test_looks_at_those_alone_whose_terms_are_over(self) -> None:
        loan, patient, never = lent(), lent(), lent()
        for each, days in ((loan, 30), (patient, 40), (never, None)):
            row = LoanRow.objects.get(id=each)
            LoanRow.objects.filter(id=each).update(terms={**row.terms, "lost_after_days": days})
        assert self.due(late=30) == []
        assert self.due(late=31) == [loan]
        assert sorted(self.due(late=41)) == sorted([loan, patient])
        with with_context(acts_at=DUE + timedelta(days=31)):
            assert dispatch_each(ask(AgedLoans())).changed == 1
        assert self.due(late=31) == []
        assert LoanRow.objects.get(id=loan).state == "lost"


class TestACopyNewToTheCatalogue:
    def told(self, book: UUID) -> ReceivedEvent:
        return ReceivedEvent(
            id=UUID(int=1),
            type="catalog.copy_added.v1",
            source="/catalog",
            subject=UUID(int=2),
            time=datetime.now(UTC),
            data={"book_id": str(book)},
            aggregateversion=1,
            correlationid="test",
        )

    def test_goes_to_who_waits(self, desk: Desk) -> None:
        loan = a_loan()
        hold = desk.hold(loan.book, a_patron().card_number).json()
        fresh = a_copy(book=loan.book)
        allocate_copies(self.told(loan.book))
        assert desk.get(f"/holds/{hold['id']}").json()["copy"] == fresh.barcode

    @pytest.mark.parametrize("condition", ["missing", "damaged", "reference_only"])
    def test_takes_a_copy_that_cannot_be_lent_from_the_hold_shelf(self, desk: Desk, condition: str) -> None:
        first, second = a_copy(), a_patron()
        other = a_copy(book=first.book)
        held = desk.hold(first.book, second.card_number).json()
        desk.post(f"/holds/{held['id']}/ready")
        assert desk.get(f"/holds/{held['id']}").json()["state"] == "ready"
        ready = desk.get(f"/holds/{held['id']}").json()["copy"]
        dispatch(ChangeCopyCondition(barcode=ready, condition=condition, reason="seen on the shelf"))
        allocate_copies(self.told(first.book))
        served = desk.get(f"/holds/{held['id']}").json()
        [spare] = {first.barcode, other.barcode} - {ready}
        assert (served["state"], served["copy"]) == ("allocated", spare)
        dispatch(ChangeCopyCondition(barcode=spare, condition=condition, reason="seen on the shelf"))
        allocate_copies(self.told(first.book))
        assert desk.get(f"/holds/{held['id']}").json()["state"] == "waiting"

    def test_of_a_book_that_is_gone_is_nobodys_business(self) -> None:
        allocate_copies(self.told(UUID(int=3)))


class TestTheCommands:
    def run(self, *args: str) -> str:
        out = StringIO()
        call_command(*args, stdout=out)
        return out.getvalue()

    def test_lend_and_take_back_by_barcode_or_book(self) -> None:
        copy, patron = a_copy(), a_patron()
        assert f"Lent {copy.barcode}" in self.run("borrow_book", str(copy.book), str(patron.email))
        assert f"Returned {copy.barcode}" in self.run("return_book", str(copy.book))
        assert "Not on loan." in self.run("return_book", copy.barcode)
        assert '"in_house": true' in self.run("return_book", a_copy().barcode, "--json")
        assert '"state": "open"' in self.run("borrow_book", copy.barcode, patron.card_number, "--json")

    @pytest.mark.parametrize(
        ("copy", "patron", "code"),
        [("nowhere", None, "unknown_copy"), (None, "nobody@example.org", "unknown_patron")],
    )
    def test_refuse_in_one_line_with_the_code(self, copy: str | None, patron: str | None, code: str) -> None:
        known = (copy or a_copy().barcode, patron or a_patron().card_number)
        with pytest.raises(CommandError) as refused:
            self.run("borrow_book", *known)
        assert str(refused.value).startswith(f"{code}: ")
        assert refused.value.returncode == 1

    def test_ask_which_copy_where_a_book_has_several(self) -> None:
        copy = a_copy()
        a_copy(book=copy.book)
        with pytest.raises(CommandError, match="ambiguous_book"):
            self.run("borrow_book", str(copy.book), a_patron().card_number)

    def test_know_a_book_without_copies(self) -> None:
        with pytest.raises(CommandError, match="unknown_copy"):
            self.run("return_book", str(UUID(int=5)))


class TestTheProfile:
    def test_tells_loans_holds_and_when_a_copy_will_probably_be_there(self, desk: Desk) -> None:
        loan, patron = a_loan(), a_patron()
        desk.hold(loan.book, patron.card_number)
        own = a_loan(patron_card=patron.card_number)
        profile = desk.get(f"/patrons/{patron.id}/profile").json()
        assert [it["id"] for it in profile["loans"]] == [str(own.id)]
        (held,) = profile["holds"]
        assert (held["title"], held["hold"]["position"]) == (loan.title, 1)
        assert held["estimated_ready_at"] == desk.get(f"/loans/{loan.id}").json()["due_at"]

    def test_of_nobody_is_unknown(self, desk: Desk) -> None:
        assert desk.get(f"/patrons/{UUID(int=7)}/profile").status_code == 404
