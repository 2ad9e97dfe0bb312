"""The clock continues after a restart: a job is due when its period since its last success is over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from library_project.beat_scheduler import ResilientScheduler
from library_project.celery import app
from shared_kernel.models import JobRun

DAILY, JOB = "prune the outbox", "outbox.prune"


@pytest.fixture
def _calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"task": JOB, "schedule": 86_400.0, "options": {}}
    monkeypatch.setitem(app.conf.beat_schedule, DAILY, entry)


def is_due() -> bool:
    due, _ = ResilientScheduler(app=app).schedule[DAILY].is_due()
    return bool(due)


@pytest.mark.django_db
@pytest.mark.usefixtures("_calendar")
class TestADailyJob:
    @pytest.mark.parametrize(("hours", "due"), [(25, True), (23, False)])
    def test_is_due_a_day_after_it_last_succeeded(self, hours: int, *, due: bool) -> None:
        JobRun.objects.create(job=JOB, period=86_400, succeeded_at=timezone.now() - timedelta(hours=hours))
        assert is_due() is due

    def test_is_not_due_at_the_first_start(self) -> None:
        assert not is_due()
