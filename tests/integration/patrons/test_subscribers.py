from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from outbox.envelope import ReceivedEvent, read_event
from outbox.event_schemas import event_types, example
from outbox.subscriptions import subscriptions
from patrons.bootstrap import compose
from patrons.domain.notice import KINDS, NoticeState
from patrons.models import NoticeRow
from patrons.services.commands.claim_notice import ClaimNotice
from patrons.services.commands.record_notice_outcome import RecordNoticeOutcome
from patrons.services.commands.resend_notice import NoticeNotRepeatable, ResendNotice
from patrons.services.commands.update_contact import UpdateContact
from patrons.subscribers import queue_loan_receipt, queue_return_confirmation
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from tests.factories_patrons import a_patron

pytestmark = pytest.mark.django_db

PATRON = UUID(int=1)
BORROWED = {
    "copy_id": str(uuid4()),
    "book_id": str(uuid4()),
    "patron_id": str(PATRON),
    "branch": "MAIN",
    "due_at": "2024-01-29T23:59:59Z",
    "book_title": "Emma",
    "barcode": "B-1",
    "a_field_of_next_year": 1,
}


def event(kind: str, data: dict[str, Any]) -> ReceivedEvent:
    return ReceivedEvent(
        id=uuid4(),
        type=f"lending.{kind}.v1",
        source="/lending",
        subject=uuid4(),
        time=datetime(2024, 1, 15, 10, tzinfo=UTC),
        data=data,
        aggregateversion=1,
        correlationid="c",
    )


class TestABorrowing:
    def test_owes_the_patron_a_receipt_once(self) -> None:
        borrowed = event("book_borrowed", BORROWED)
        queue_loan_receipt(borrowed)
        queue_loan_receipt(borrowed)
        notice = NoticeRow.objects.get()
        assert (notice.event_id, notice.kind, notice.patron_id) == (borrowed.id, "loan_receipt", PATRON)
        assert notice.params == {"book_title": "Emma", "barcode": "B-1", "due_at": "2024-01-29T23:59:59Z"}
        assert not AuditEntry.objects.exists()

    def test_of_nobody_knows_whom_is_for_the_quarantine(self) -> None:
        with pytest.raises(KeyError):
            queue_loan_receipt(event("book_borrowed", {"barcode": "B-1"}))


class TestAReturn:
    def test_owes_the_patron_a_confirmation(self) -> None:
        queue_return_confirmation(
            event("book_returned", {**BORROWED, "was_overdue": True, "days_overdue": 17, "returned_at": "x"})
        )
        notice = NoticeRow.objects.get()
        assert notice.kind == "return_confirmation"
        assert (notice.params["was_overdue"], notice.params["days_overdue"]) == (True, 17)


LOAN, HOLD = uuid4(), uuid4()
HELD = {
    "hold_id": str(HOLD),
    "book_id": str(uuid4()),
    "patron_id": str(PATRON),
    "book_title": "Emma",
    "copy_id": str(uuid4()),
    "barcode": "B-1",
    "pickup_branch": "MAIN",
    "pickup_deadline_at": "2024-02-01T23:59:59Z",
}


def hear(kind: str, data: dict[str, Any], *, subject: UUID = LOAN) -> None:
    """Let patrons hear of an event, by whoever listens to it."""
    context = "patrons" if kind.startswith("membership") else "lending"
    heard = replace(event(kind, data), type=f"{context}.{kind}.v1", subject=subject)
    subscriptions()["patrons"][heard.type](heard)


def told() -> list[tuple[str, str]]:
    return list(NoticeRow.objects.order_by("owed_at").values_list("kind", "state"))


class TestALoan:
    @pytest.mark.parametrize(
        ("kind", "notice"),
        [
            ("loan_renewed", "renewal_confirmation"),
            ("loan_due_date_changed", "due_date_changed"),
            ("loan_due_soon", "due_soon"),
            ("loan_still_overdue", "overdue"),
        ],
    )
    def test_that_changes_owes_a_letter(self, kind: str, notice: str) -> None:
        hear(kind, {**BORROWED, "previous_due_at": "2024-01-22T23:59:59Z", "days_overdue": 3})
        row = NoticeRow.objects.get()
        assert (row.kind, row.patron_id, row.about_id) == (notice, PATRON, LOAN)
        assert set(row.params) == set(KINDS[notice].tells)

    @pytest.mark.parametrize("kind", ["loan_declared_lost", "loan_claimed_returned"])
    def test_that_nobody_waits_for_is_not_reminded_of(self, kind: str) -> None:
        for reminder in ("loan_due_soon", "loan_still_overdue"):
            hear(reminder, {**BORROWED, "days_overdue": 3})
        hear(kind, BORROWED)
        assert told()[:2] == [("due_soon", "withdrawn"), ("overdue", "withdrawn")]

    @pytest.mark.parametrize("kind", ["book_returned", "loan_renewed", "loan_due_date_changed"])
    def test_that_has_another_due_date_or_none_is_not_reminded_of_the_old_one(self, kind: str) -> None:
        hear("loan_due_soon", BORROWED)
        hear("loan_due_soon", BORROWED, subject=uuid4())
        hear(
            kind, {**BORROWED, "previous_due_at": BORROWED["due_at"], "was_overdue": False, "days_overdue": 0}
        )
        assert told()[:2] == [("due_soon", "withdrawn"), ("due_soon", "queued")]


class TestALoss:
    def test_is_told_to_the_patron_until_the_thing_is_back(self) -> None:
        hear("loan_declared_lost", BORROWED)
        assert told() == [("loan_lost", "queued")]
        hear("book_returned", {**BORROWED, "was_overdue": True, "days_overdue": 40})
        assert told() == [("loan_lost", "withdrawn"), ("return_confirmation", "queued")]


class TestAReturnThatIsUndone:
    RETURNED = {**BORROWED, "was_overdue": False, "days_overdue": 0}

    def test_takes_its_unsent_letter_along_and_says_nothing(self) -> None:
        hear("book_returned", self.RETURNED)
        hear("return_undone", BORROWED)
        assert told() == [("return_confirmation", "withdrawn")]

    @pytest.mark.parametrize("state", ["accepted", "ambiguous", "sending"])
    def test_is_told_to_whoever_may_think_that_it_is_back(self, state: str) -> None:
        hear("book_returned", self.RETURNED)
        NoticeRow.objects.update(state=state)
        hear("return_undone", BORROWED)
        assert told() == [("return_confirmation", state), ("return_undone", "queued")]
        hear("book_returned", self.RETURNED)
        assert told()[1] == ("return_undone", "withdrawn")

    def test_says_nothing_to_whoever_does_without_confirmations(self) -> None:
        hear("return_undone", BORROWED)
        assert told() == []


class TestAnAccount:
    CHARGE = uuid4()
    POSTED = {
        "patron_id": str(PATRON),
        "entry_id": str(CHARGE),
        "amount": {"amount": "2.50", "currency": "EUR"},
        "balance": {"amount": "12.50", "currency": "EUR"},
    }
    TAKEN_BACK = {**POSTED, "entry_id": str(uuid4()), "charge_id": str(CHARGE)}

    def charge(self) -> None:
        hear("charge_posted", {**self.POSTED, "kind": "overdue", "loan_id": str(LOAN)})

    def test_tells_what_is_owed_and_for_what(self) -> None:
        self.charge()
        row = NoticeRow.objects.get()
        assert (row.kind, row.about_id) == ("charge", self.CHARGE)
        assert row.params == {
            "kind": "overdue",
            "amount": {"amount": "2.50", "currency": "EUR"},
            "balance": {"amount": "12.50", "currency": "EUR"},
        }

    def test_says_nothing_of_a_charge_that_was_taken_back_before_it_was_told(self) -> None:
        self.charge()
        hear("charge_refunded", self.TAKEN_BACK)
        assert told() == [("charge", "withdrawn")]

    def test_tells_that_a_charge_was_taken_back_of_which_it_told(self) -> None:
        self.charge()
        NoticeRow.objects.update(state="accepted")
        hear("charge_refunded", self.TAKEN_BACK)
        assert told() == [("charge", "accepted"), ("charge_refunded", "queued")]

    def test_tells_of_waivers_and_payments(self) -> None:
        hear("charge_waived", self.TAKEN_BACK)
        hear("payment_posted", self.POSTED)
        assert told() == [("charge_waived", "queued"), ("payment_receipt", "queued")]


class TestWhatBecameUntrueOnItsWay:
    def test_is_not_tried_again(self) -> None:
        ada = a_patron()
        hear("loan_still_overdue", {**BORROWED, "patron_id": str(ada.id), "days_overdue": 3})
        claimed = dispatch(ClaimNotice())
        assert claimed
        hear("loan_claimed_returned", BORROWED)
        assert told() == [("overdue", "sending")]
        dispatch(
            RecordNoticeOutcome(
                notice=claimed.id, attempt=1, state=NoticeState.QUEUED, failure="it answered 500"
            )
        )
        row = NoticeRow.objects.get()
        assert row.state == "withdrawn"
        assert row.finished_at

    @pytest.mark.parametrize("state", ["ambiguous", "failed"])
    def test_is_not_sent_again_by_anybody(self, state: str) -> None:
        hear("loan_still_overdue", {**BORROWED, "days_overdue": 3})
        NoticeRow.objects.update(state=state)
        hear("loan_claimed_returned", BORROWED)
        with pytest.raises(NoticeNotRepeatable):
            dispatch(ResendNotice(notice=NoticeRow.objects.get().id))
        assert told() == [("overdue", state)]

    def test_stays_sent_if_it_was(self) -> None:
        hear("loan_still_overdue", {**BORROWED, "days_overdue": 3})
        NoticeRow.objects.update(state="accepted")
        hear("loan_claimed_returned", BORROWED)
        assert told() == [("overdue", "accepted")]


class TestALoanThatBecomesOverdue:
    def test_is_not_due_soon_any_more(self) -> None:
        hear("loan_due_soon", BORROWED)
        hear("loan_became_overdue", BORROWED)
        assert told() == [("due_soon", "withdrawn")]


class TestAHold:
    def test_that_is_ready_tells_what_to_pick_up_where_and_until_when(self) -> None:
        hear("hold_ready", HELD)
        row = NoticeRow.objects.get()
        assert (row.kind, row.about_id) == ("hold_ready", HOLD)
        assert set(row.params) == {"book_title", "barcode", "pickup_branch", "pickup_deadline_at"}

    def test_that_is_first_in_the_queue_tells_so_until_it_is_ready_or_has_ended(self) -> None:
        for ended in ("hold_ready", "hold_fulfilled", "hold_cancelled"):
            NoticeRow.objects.all().delete()
            hear("hold_became_first", HELD)
            row = NoticeRow.objects.get()
            assert (row.kind, row.about_id, row.params) == ("hold_first", HOLD, {"book_title": "Emma"})
            hear(ended, HELD)
            assert told()[0] == ("hold_first", "withdrawn")

    def test_that_was_first_when_it_was_placed_needs_no_letter(self) -> None:
        hear("hold_became_first", {**HELD, "has_advanced": False})
        assert not NoticeRow.objects.exists()
        hear("hold_became_first", {**HELD, "has_advanced": True})
        assert NoticeRow.objects.get().kind == "hold_first"

    @pytest.mark.parametrize("kind", ["hold_fulfilled", "hold_cancelled", "hold_unallocated"])
    def test_that_has_ended_leaves_nothing_to_pick_up(self, kind: str) -> None:
        hear("hold_ready", HELD)
        hear(kind, HELD)
        assert told() == [("hold_ready", "withdrawn")]

    def test_whose_copy_is_gone_tells_those_not_to_come_who_were_told_to(self) -> None:
        hear("hold_ready", HELD)
        NoticeRow.objects.update(state="accepted")
        hear("hold_unallocated", HELD)
        assert told() == [("hold_ready", "accepted"), ("hold_unallocated", "queued")]
        hear("hold_ready", HELD)
        assert told()[1:] == [("hold_unallocated", "withdrawn"), ("hold_ready", "queued")]

    def test_that_has_expired_tells_so_instead(self) -> None:
        hear("hold_ready", HELD)
        hear("hold_expired", HELD)
        assert told() == [("hold_ready", "withdrawn"), ("hold_expired", "queued")]

    def test_whose_deadline_has_moved_tells_the_new_one_instead(self) -> None:
        hear("hold_ready", HELD)
        hear("hold_deadline_changed", {**HELD, "previous_deadline_at": HELD["pickup_deadline_at"]})
        assert told() == [("hold_ready", "withdrawn"), ("hold_deadline_changed", "queued")]


class TestAMembership:
    def test_that_ends_soon_owes_its_patron_a_reminder(self) -> None:
        hear("membership_expiring", {"expires_on": "2024-02-01"}, subject=PATRON)
        row = NoticeRow.objects.get()
        assert (row.kind, row.patron_id, row.params) == (
            "membership_expiring",
            PATRON,
            {"expires_on": "2024-02-01"},
        )

    def test_that_is_renewed_does_not_end_then(self) -> None:
        hear("membership_expiring", {"expires_on": "2024-02-01"}, subject=PATRON)
        hear("membership_renewed", {"expires_on": "2025-02-01"}, subject=PATRON)
        assert told() == [("membership_expiring", "withdrawn")]


class TestAPatronWhoDoesWithout:
    def test_gets_no_such_letter(self) -> None:
        ada = a_patron()
        dispatch(UpdateContact(patron=ada.id, declined_notices=("loan_receipt",)))
        for kind in ("book_borrowed", "loan_renewed"):
            hear(kind, {**BORROWED, "patron_id": str(ada.id)})
        assert told() == [("renewal_confirmation", "queued")]


class TestEachPublishedExample:
    @pytest.mark.parametrize("type_", sorted(subscriptions()["patrons"]))
    def test_makes_a_letter_that_says_everything(self, type_: str) -> None:
        ada = a_patron()
        published = read_event(example(event_types()[type_]))
        heard = replace(published, data={**published.data, "patron_id": str(ada.id)})
        subscriptions()["patrons"][type_](
            replace(heard, subject=ada.id) if type_.startswith("patrons") else heard
        )
        claimed = dispatch(ClaimNotice())
        if claimed is None:
            name = subscriptions()["patrons"][type_].__name__
            assert name.startswith(("withdraw", "correct", "redact"))
            return
        letter = compose(claimed)
        assert letter.text.startswith(f"Dear {ada.name},")
        assert "2026" in letter.text or "1.25" in letter.text or claimed.kind in {"loan_lost", "hold_first"}
        assert not any(gap in letter.text + letter.subject for gap in (": \n", "None", "{{"))
