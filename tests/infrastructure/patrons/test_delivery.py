"""The sweep: each letter once, whatever the mail service does (I15, I16)."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from patrons import tasks
from patrons.adapters.files import FileMailer
from patrons.bootstrap import compose
from patrons.bootstrap import mailer as chosen_mailer
from patrons.models import ChannelPauseRow, NoticeRow
from patrons.services.commands.claim_notice import ClaimNotice
from patrons.services.delivery import deliver_due_notices
from patrons.tasks import deliver_notices
from shared_kernel.resilience.breakers import SharedBreaker
from shared_kernel.services.commands import dispatch
from tests.factories_patrons import a_patron, owe
from tests.fakes.sendgrid import FakeSendGrid
from tests.infrastructure.patrons.conftest import LONG, Sweep, after_the_wait, mailer
from tests.services.daemon import wait_until

pytestmark = pytest.mark.django_db


def states() -> dict[str, int]:
    return dict(Counter(NoticeRow.objects.values_list("state", flat=True)))


class TestASweep:
    def test_sends_each_notice_once(self, service: FakeSendGrid, sweep: Sweep) -> None:
        owed = [owe(), owe(kind="return_confirmation", was_overdue=True, days_overdue=17)]
        assert (sweep(), sweep()) == (2, 0)
        assert service.notices == [str(notice.id) for notice in owed]
        row = NoticeRow.objects.get(id=owed[0].id)
        assert (row.state, row.attempts, row.provider_id, row.failure) == ("accepted", 1, "message-1", "")
        assert row.finished_at

    def test_writes_to_the_patron_under_the_address_of_the_moment(
        self, service: FakeSendGrid, sweep: Sweep
    ) -> None:
        ada = a_patron(name="Ada <Lovelace>", email="ada@example.org")
        owe(patron=ada, book_title="Emma & more\nof it", barcode="B-7")
        owe(patron=ada, kind="return_confirmation", book_title="Emma", was_overdue=True, days_overdue=1)
        sweep()
        receipt, confirmation = service.accepted
        assert receipt["recipients"] == ["ada@example.org"]
        assert receipt["subject"] == "You borrowed Emma & more of it"
        text = receipt["content"][0]["value"]
        assert text.startswith("Dear Ada <Lovelace>,")
        assert all(fact in text for fact in ("Emma & more", "B-7", "29 January 2024"))
        assert "1 day late" in confirmation["content"][0]["value"]

    def test_keeps_no_name_and_no_address(self, service: FakeSendGrid, sweep: Sweep) -> None:
        ada = a_patron(name="Ada Lovelace", email="ada@example.org")
        service.behave("400")
        owe(patron=ada)
        sweep()
        (row,) = NoticeRow.objects.values()
        assert row["state"] == "failed"
        assert "ada" not in str(row).lower()

    def test_fails_what_makes_no_letter_without_asking_the_service(
        self, service: FakeSendGrid, sweep: Sweep
    ) -> None:
        owe(kind="carrier_pigeon")
        owe(due_at="soon")
        gone = owe()
        NoticeRow.objects.filter(id=gone.id).update(patron_id=gone.id)
        assert sweep() == 3
        assert states() == {"failed": 3}
        assert service.requests == 0

    def test_does_not_repeat_what_may_have_been_sent(self, service: FakeSendGrid, sweep: Sweep) -> None:
        notice = owe()
        service.behave("lose", "202")
        sweep()
        after_the_wait()
        assert sweep() == 0
        assert states() == {"ambiguous": 1}
        assert service.notices == [str(notice.id)]

    def test_waits_when_told_to_slow_down(self, service: FakeSendGrid, sweep: Sweep) -> None:
        owe(), owe()
        service.behave("429:30", "202")
        assert sweep() == 1
        after_the_wait()
        assert sweep() == 0
        assert states() == {"queued": 2}
        until = ChannelPauseRow.objects.get().until
        assert timedelta(seconds=25) < until - timezone.now() <= timedelta(seconds=30)
        ChannelPauseRow.objects.update(until=timezone.now())
        assert sweep() == 2
        assert states() == {"accepted": 2}

    def test_pauses_and_alerts_when_the_key_is_refused(
        self, service: FakeSendGrid, sweep: Sweep, circuit: SharedBreaker, caplog: pytest.LogCaptureFixture
    ) -> None:
        owe(), owe()
        service.behave("401")
        assert (sweep(), sweep()) == (1, 0)
        assert states() == {"queued": 2}
        assert circuit.state == "closed"
        (alert,) = [record for record in caplog.records if record.levelname == "ERROR"]
        assert "mail_channel_paused" in str(alert.msg)

    def test_ends_where_another_process_was_quicker(self, service: FakeSendGrid) -> None:
        owe()

        class Outrun(FileMailer):
            @contextmanager
            def guarded(self) -> Iterator[None]:
                assert dispatch(ClaimNotice())
                yield

        outrun = Outrun(folder=Path("/nowhere"), sender="library@example.org")
        assert deliver_due_notices(mailer=outrun, compose=compose, for_at_most=LONG) == 0
        assert states() == {"sending": 1}

    def test_makes_ambiguous_what_a_dead_sender_left_behind(
        self, service: FakeSendGrid, sweep: Sweep
    ) -> None:
        owe(), owe()
        dead, alive = dispatch(ClaimNotice()), dispatch(ClaimNotice())
        assert dead
        assert alive
        NoticeRow.objects.filter(id=dead.id).update(claimed_at=timezone.now() - timedelta(seconds=31))
        assert sweep() == 0
        assert NoticeRow.objects.get(id=dead.id).state == "ambiguous"
        assert NoticeRow.objects.get(id=alive.id).state == "sending"


class TestAnOutage:
    def outage(self, service: FakeSendGrid, sweep: Sweep, circuit: SharedBreaker) -> None:
        sweep()
        assert circuit.state == "open"
        assert service.requests == 3
        assert sweep() == 0
        assert service.requests == 3

    def recovery(self, sweep: Sweep) -> None:
        def all_settled() -> bool:
            after_the_wait()
            sweep()
            return not NoticeRow.objects.filter(state="queued").exists()

        assert wait_until(all_settled, seconds=20)

    def test_opens_the_breaker_and_loses_no_letter(
        self, service: FakeSendGrid, sweep: Sweep, circuit: SharedBreaker
    ) -> None:
        owed = [owe() for _ in range(10)]
        service.behave("500")
        self.outage(service, sweep, circuit)
        assert states() == {"queued": 10}
        assert sorted(NoticeRow.objects.values_list("attempts", flat=True)) == [0] * 7 + [1] * 3
        service.behave("503", "202")
        self.recovery(sweep)
        assert states() == {"accepted": 10}
        assert Counter(service.notices) == Counter(str(notice.id) for notice in owed)
        assert circuit.state == "closed"

    @pytest.mark.parametrize("word", ["lose", "hang", "drip"])
    def test_that_loses_answers_never_sends_twice(
        self, service: FakeSendGrid, sweep: Sweep, circuit: SharedBreaker, word: str
    ) -> None:
        owed = [str(owe().id) for _ in range(6)]
        service.behave(word)
        self.outage(service, sweep, circuit)
        assert states() == {"ambiguous": 3, "queued": 3}
        service.behave("202")
        self.recovery(sweep)
        assert states() == {"accepted": 3, "ambiguous": 3}
        assert Counter(service.notices) <= Counter(owed)
        assert set(service.notices) >= set(owed[3:])


class TestWithoutAMailService:
    @pytest.fixture(autouse=True)
    def _folder(self, settings: Any, tmp_path: Path) -> None:
        settings.EMAIL_FILE_PATH = tmp_path / "mail"

    def test_each_letter_becomes_a_file(self, tmp_path: Path) -> None:
        owe(patron=a_patron(name="José García", email="jos\u00e9@ex\u00e4mple.org"), book_title="Ördög")
        owe(patron=a_patron(name='Ada "the first"', email="ada@example.org"), book_title="Emma")
        deliver_notices()
        assert states() == {"accepted": 2}
        letters = [file.read_bytes().decode() for file in (tmp_path / "mail").iterdir()]
        assert sorted("ada@example.org" in letter for letter in letters) == [False, True]
        assert all("Dear " in letter for letter in letters)

    def test_two_sweeps_of_one_process_never_overlap(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sweeps = []

        def sweep_within_a_sweep(**_: object) -> None:
            sweeps.append(1)
            deliver_notices()

        monkeypatch.setattr(tasks, "deliver_due_notices", sweep_within_a_sweep)
        deliver_notices()
        deliver_notices()
        assert len(sweeps) == 2

    def test_a_full_disk_keeps_the_letters_waiting(self, tmp_path: Path) -> None:
        owe()
        (tmp_path / "occupied").touch()
        mailer = FileMailer(folder=tmp_path / "occupied", sender="library@example.org")
        deliver_due_notices(mailer=mailer, compose=compose, for_at_most=LONG)
        assert states() == {"queued": 1}

    def test_the_key_decides_who_sends(self, settings: Any) -> None:
        assert isinstance(chosen_mailer(), FileMailer)
        settings.SENDGRID_API_KEY = "SG.key"
        assert type(chosen_mailer()).__name__ == "SendGridMailer"


class TestAChangedSetting:
    """Sending was paused, or the breaker opened; then somebody mends a setting and restarts the worker."""

    def sweep_with(self, service: FakeSendGrid, **changed: Any) -> int:  # any setting
        sender = replace(mailer(service.url), **changed)
        return deliver_due_notices(mailer=sender, compose=compose, for_at_most=LONG)

    @pytest.mark.parametrize("refusal", ["401", "403", "429:300"])
    @pytest.mark.parametrize("mended", [{"api_key": "SG.other"}, {"sender": "desk@example.org"}])
    def test_is_tried_at_once(
        self,
        service: FakeSendGrid,
        sweep: Sweep,
        circuit: SharedBreaker,
        refusal: str,
        mended: dict[str, str],
    ) -> None:
        owe(), owe()
        service.behave(refusal, "202")
        assert (sweep(), sweep()) == (1, 0)
        assert self.sweep_with(service, **mended) == 2
        assert states() == {"accepted": 2}

    def test_of_the_service_s_address_is_tried_at_once(self, service: FakeSendGrid, sweep: Sweep) -> None:
        owe()
        service.behave("401")
        assert sweep() == 1
        with FakeSendGrid() as elsewhere:
            assert self.sweep_with(service, url=elsewhere.url) == 1
        assert states() == {"accepted": 1}

    def test_leaves_the_pause_to_who_still_has_the_refused_one(
        self, service: FakeSendGrid, sweep: Sweep
    ) -> None:
        owe()
        service.behave("401", "202")
        assert sweep() == 1
        assert self.sweep_with(service, api_key="SG.other") == 1
        owe()
        assert sweep() == 0
        assert states() == {"accepted": 1, "queued": 1}

    def test_is_told_by_nothing_that_was_stored(self, service: FakeSendGrid, sweep: Sweep) -> None:
        owe()
        service.behave("401")
        sweep()
        stored = str(ChannelPauseRow.objects.values().get())
        assert not any(secret in stored for secret in ("SG.key", service.url, "library@example.org"))

    def test_a_pause_written_by_an_older_release_holds_for_any(
        self, service: FakeSendGrid, sweep: Sweep
    ) -> None:
        owe()
        until = timezone.now() + timedelta(minutes=5)
        ChannelPauseRow.objects.create(channel="email", until=until, reason="SendGrid answered 401")
        assert sweep() == 0
