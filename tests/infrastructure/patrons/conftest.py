"""A fake SendGrid, the mailer that speaks to it, and a circuit breaker of the test's own."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from patrons.adapters import sendgrid
from patrons.adapters.sendgrid import SendGridMailer
from patrons.bootstrap import compose
from patrons.models import NoticeRow
from patrons.services.delivery import deliver_due_notices
from shared_kernel.resilience.breakers import SharedBreaker
from shared_kernel.resilience.states import Limits
from tests.fakes.sendgrid import FakeSendGrid

#: The whole of a request in these tests, and how long an open breaker stays so.
TIMEOUT = 0.5
#: Nothing in these tests lasts so long unless it is broken.
LONG = timedelta(seconds=30)

Sweep = Callable[[], int]


@pytest.fixture
def service() -> Iterator[FakeSendGrid]:
    with FakeSendGrid() as fake:
        yield fake


@pytest.fixture
def circuit(monkeypatch: pytest.MonkeyPatch) -> SharedBreaker:
    """Opens after three failures and closes after two successes, but is open for a moment only."""
    short = SharedBreaker(
        f"sendgrid-{uuid4().hex}", Limits(failure_threshold=3, success_threshold=2, timeout=TIMEOUT)
    )
    monkeypatch.setattr(sendgrid, "breaker", lambda _name: short)
    return short


def mailer(url: str, *, api_key: str = "SG.key") -> SendGridMailer:
    return SendGridMailer(api_key=api_key, url=url, timeout=TIMEOUT, sender="library@example.org")


@pytest.fixture
def sweep(db: None, service: FakeSendGrid, circuit: SharedBreaker) -> Sweep:
    """Send what is due to the fake."""
    return lambda: deliver_due_notices(mailer=mailer(service.url), compose=compose, for_at_most=LONG)


def after_the_wait() -> None:
    """Let the time to the next attempt be over for every queued notice."""
    NoticeRow.objects.filter(state="queued").update(next_attempt_at=timezone.now())
