"""Every breaker as all processes see it, on one page."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from shared_kernel.models import Breaker
from shared_kernel.resilience.breakers import breaker
from shared_kernel.services.bus import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerDetails(Result):
    """One breaker. `state` is closed, open or half_open; instants are aware, in UTC; `timeout` is seconds.

    One that is `held_open` stays so until somebody closes it.
    """

    name: str
    state: str
    held_open: bool
    failures: int
    successes: int
    opened_at: datetime | None
    retry_at: datetime | None
    last_failure: str
    failure_threshold: int
    success_threshold: int
    timeout: float


def all_breakers() -> list[BreakerDetails]:
    """Every configured breaker by name, read afresh. Raises django.db.Error without the database."""
    rows, now = Breaker.objects.in_bulk(), timezone.now()
    return [_view(breaker(name).heeded(rows.get(name)), at=now) for name in sorted(settings.CIRCUIT_BREAKERS)]


def _view(row: Breaker, *, at: datetime) -> BreakerDetails:
    limits = breaker(row.name).limits
    return BreakerDetails(
        name=row.name,
        state=limits.state(row, at=at),
        held_open=row.held_open,
        failures=row.failures,
        successes=row.successes,
        opened_at=row.opened_at,
        retry_at=limits.retry_at(row),
        last_failure=row.last_failure,
        failure_threshold=limits.failure_threshold,
        success_threshold=limits.success_threshold,
        timeout=limits.timeout,
    )
