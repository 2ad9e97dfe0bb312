from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from patrons.domain.notice import NoticeState
from patrons.services.commands.claim_notice import ClaimNotice, claim_notice
from patrons.services.commands.mark_interrupted_notices import (
    MarkInterruptedNotices,
    mark_interrupted_notices,
)
from patrons.services.commands.queue_notice import QueueNotice, queue_notice
from patrons.services.commands.record_notice_outcome import RecordNoticeOutcome, record_notice_outcome
from patrons.services.commands.resend_notice import NoticeNotRepeatable, ResendNotice, resend_notice
from patrons.services.commands.update_contact import UpdateContact, update_contact
from patrons.services.commands.withdraw_notices import WithdrawNotices, withdraw_notices
from tests.unit.patrons.fakes import NOW, FakeWork, FixedClock, OneBranch
from tests.unit.patrons.test_patron_commands import register

EVENT = uuid4()
PATRON = uuid4()


def owe(work: FakeWork, event: UUID = EVENT) -> None:
    command = QueueNotice(event_id=event, kind="loan_receipt", patron=PATRON, params={"barcode": "B-1"})
    queue_notice(command, work, wall_clock=FixedClock())


class TestOwing:
    def test_queues_one_notice_for_an_event_and_kind(self) -> None:
        work = FakeWork()
        owe(work)
        owe(work)
        assert [(each.event_id, each.state) for each in work.notices.all] == [(EVENT, NoticeState.QUEUED)]

    def test_leaves_no_audit_of_its_own(self) -> None:
        assert not QueueNotice.audited
        assert not ClaimNotice.audited
        assert not RecordNoticeOutcome.audited
        assert not MarkInterruptedNotices.audited


class TestClaiming:
    def test_counts_the_attempt_and_takes_the_notice_from_others(self) -> None:
        work = FakeWork()
        owe(work)
        claimed = claim_notice(ClaimNotice(), work, wall_clock=FixedClock())
        assert claimed
        assert (claimed.attempt, claimed.patron, claimed.params) == (1, PATRON, {"barcode": "B-1"})
        assert claim_notice(ClaimNotice(), work, wall_clock=FixedClock()) is None

    def test_finds_nothing_while_sending_is_paused(self) -> None:
        work = FakeWork()
        owe(work)
        work.notices.pause(until=NOW + timedelta(seconds=1), reason="slow down", setting="")
        assert claim_notice(ClaimNotice(), work, wall_clock=FixedClock()) is None
        assert claim_notice(ClaimNotice(), work, wall_clock=FixedClock(NOW + timedelta(seconds=1)))


class TestSettling:
    def settled(self, state: NoticeState, *, pause: timedelta | None = None) -> FakeWork:
        work = FakeWork()
        owe(work)
        claimed = claim_notice(ClaimNotice(), work, wall_clock=FixedClock())
        assert claimed
        command = RecordNoticeOutcome(
            notice=claimed.id, attempt=1, state=state, failure="it answered 500", pause=pause
        )
        record_notice_outcome(command, work, wall_clock=FixedClock())
        return work

    def test_what_was_certainly_not_sent_is_tried_again_later(self) -> None:
        work = self.settled(NoticeState.QUEUED)
        assert work.notices.all[0].next_attempt_at == NOW + timedelta(seconds=2)
        assert work.notices.paused_until is None

    def test_a_pause_keeps_everything_back_until_it_ends_or_the_setting_changes(self) -> None:
        work = self.settled(NoticeState.QUEUED, pause=timedelta(minutes=5))
        assert claim_notice(ClaimNotice(), work, wall_clock=FixedClock()) is None
        assert claim_notice(ClaimNotice(setting="another key"), work, wall_clock=FixedClock())
        assert (work.notices.paused_until, work.notices.pause_reason) == (
            NOW + timedelta(minutes=5),
            "it answered 500",
        )

    @pytest.mark.parametrize("state", [NoticeState.AMBIGUOUS, NoticeState.FAILED])
    def test_only_the_operator_repeats_what_may_have_been_sent_or_cannot_be(self, state: NoticeState) -> None:
        work = self.settled(state)
        later = FixedClock(NOW + timedelta(days=1))
        assert claim_notice(ClaimNotice(), work, wall_clock=later) is None
        resend_notice(ResendNotice(notice=work.notices.all[0].id), work, wall_clock=later)
        assert claim_notice(ClaimNotice(), work, wall_clock=later)

    def test_what_was_accepted_is_never_repeated(self) -> None:
        work = self.settled(NoticeState.ACCEPTED)
        with pytest.raises(NoticeNotRepeatable):
            resend_notice(ResendNotice(notice=work.notices.all[0].id), work, wall_clock=FixedClock())


class TestASenderThatDied:
    def test_leaves_an_ambiguous_notice_after_thirty_seconds(self) -> None:
        work = FakeWork()
        owe(work)
        claim_notice(ClaimNotice(), work, wall_clock=FixedClock())
        counts = [
            mark_interrupted_notices(
                MarkInterruptedNotices(), work, wall_clock=FixedClock(NOW + timedelta(seconds=age))
            )
            for age in (30, 31, 32)
        ]
        assert counts == [0, 1, 0]
        assert work.notices.all[0].state == NoticeState.AMBIGUOUS


class TestANoticeThatAPatronDoesWithout:
    def test_is_not_queued(self) -> None:
        work = FakeWork()
        ada = register(work)
        declined = UpdateContact(patron=ada.id, declined_notices=("loan_receipt",))
        update_contact(declined, work, clock=FixedClock(), circulation=OneBranch())
        for kind in ("loan_receipt", "hold_ready"):
            command = QueueNotice(event_id=EVENT, kind=kind, patron=ada.id, params={})
            queue_notice(command, work, wall_clock=FixedClock())
        assert [each.kind for each in work.notices.all] == ["hold_ready"]


class TestWithdrawing:
    def test_lets_go_of_what_is_queued_about_the_very_loan(self) -> None:
        work, loan, other = FakeWork(), uuid4(), uuid4()
        for about, kind in [
            (loan, "due_soon"),
            (loan, "loan_receipt"),
            (other, "due_soon"),
            (loan, "due_soon"),
        ]:
            command = QueueNotice(event_id=uuid4(), kind=kind, patron=PATRON, params={}, about=about)
            queue_notice(command, work, wall_clock=FixedClock())
        work.notices.all[-1].state = NoticeState.ACCEPTED
        untrue = WithdrawNotices(about=loan, kinds=("due_soon",))
        withdraw_notices(untrue, work, wall_clock=FixedClock())
        assert [each.state.value for each in work.notices.all] == [
            "withdrawn",
            "queued",
            "queued",
            "accepted",
        ]
        with pytest.raises(NoticeNotRepeatable):
            resend_notice(ResendNotice(notice=work.notices.all[0].id), work, wall_clock=FixedClock())
