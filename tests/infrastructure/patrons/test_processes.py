"""Real processes: killed where it hurts, many at a time, told to stop."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from patrons.models import CategoryRow, NoticeRow
from tests.factories_patrons import a_patron, owe
from tests.fakes.sendgrid import FakeSendGrid
from tests.services.daemon import wait_until
from tests.services.directory import ROOT

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(autouse=True)
def _category() -> None:
    """The migration's category, which an earlier test's cleaning of the tables may have taken away."""
    CategoryRow.objects.get_or_create(code="regular", defaults={"name": "Regular"})


def database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)


@pytest.fixture
def start(service: FakeSendGrid) -> Iterator[Start]:
    processes: list[subprocess.Popen[bytes]] = []

    def start(*, failpoints: str = "") -> "subprocess.Popen[bytes]":
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
            "DATABASE_URL": database_url(),
            "SENDGRID_API_KEY": "SG.key",
            "SENDGRID_API_URL": service.url,
            "LIBRARY_TESTING": "1",
            "LIBRARY_FAILPOINTS": failpoints,
        }
        command = [sys.executable, str(ROOT / "manage.py"), "deliver_notices"]
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


def states() -> dict[str, int]:
    return dict(Counter(NoticeRow.objects.values_list("state", flat=True)))


def half_a_minute_passes() -> None:
    NoticeRow.objects.filter(state="sending").update(claimed_at=timezone.now() - timedelta(seconds=31))


class TestAKilledSender:
    @pytest.mark.parametrize(("place", "sent"), [("notices.after_claim", 0), ("notices.after_send", 1)])
    def test_leaves_one_ambiguous_notice_that_nobody_repeats(
        self, service: FakeSendGrid, start: Start, place: str, sent: int
    ) -> None:
        first, second = (str(owe().id) for _ in range(2))
        assert start(failpoints=f"{place}:kill").wait(60) == -signal.SIGKILL
        assert states() == {"sending": 1, "queued": 1}
        assert service.notices == [first][:sent]
        half_a_minute_passes()
        assert start().wait(60) == 0
        assert states() == {"ambiguous": 1, "accepted": 1}
        assert service.notices == [*[first][:sent], second]


class TestManySenders:
    def test_send_each_notice_once_between_them(self, service: FakeSendGrid, start: Start) -> None:
        ada = a_patron()
        owed = {str(owe(patron=ada).id) for _ in range(30)}
        service.behave("slow:0.05")
        senders = [start() for _ in range(3)]
        assert [sender.wait(60) for sender in senders] == [0, 0, 0]
        assert Counter(service.notices) == Counter(owed)
        assert states() == {"accepted": 30}


class TestASenderToldToStop:
    def test_finishes_the_letter_under_way_and_leaves_the_rest(
        self, service: FakeSendGrid, start: Start
    ) -> None:
        owe(), owe()
        service.behave("slow:1")
        sender = start()
        assert wait_until(lambda: service.requests == 1, seconds=60)
        sender.terminate()
        assert sender.wait(10) == 0
        assert states() == {"accepted": 1, "queued": 1}
        assert service.requests == 1
