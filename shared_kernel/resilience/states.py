"""What happens to a breaker's row: the rules of opening, probing and closing, without any storage."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared_kernel.models import Breaker

CLOSED, OPEN, HALF_OPEN = Breaker.State.CLOSED, Breaker.State.OPEN, Breaker.State.HALF_OPEN

#: A prober that died keeps the others out for so long; no guarded call may take longer.
PROBE_LEASE = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Consecutive failures that open, seconds until a probe may pass, successful probes that close."""

    failure_threshold: int
    success_threshold: int
    timeout: float

    def retry_at(self, row: Breaker) -> datetime | None:
        """When the next call may pass; None while closed, and while somebody holds it open."""
        if row.held_open:
            return None
        if row.state == OPEN:
            return (row.opened_at or row.changed_at) + timedelta(seconds=self.timeout)
        return (row.probe_until or row.changed_at) if row.state == HALF_OPEN else None

    def is_due(self, row: Breaker, *, at: datetime) -> bool:
        """Whether a probe may pass."""
        retry_at = self.retry_at(row)
        return retry_at is not None and retry_at <= at

    def state(self, row: Breaker, *, at: datetime) -> str:
        """The state that the row means at this instant: an open breaker whose time is over is half open."""
        return HALF_OPEN.value if row.state == OPEN and self.is_due(row, at=at) else str(row.state)

    def take_probe(self, row: Breaker, *, at: datetime) -> datetime | None:
        """Let one probe pass and answer its lease, or None where it isn't time or another is under way."""
        if not self.is_due(row, at=at):
            return None
        row.state, row.probe_until = HALF_OPEN, at + PROBE_LEASE
        return row.probe_until

    def fail(self, row: Breaker, probe: datetime | None, *, failure: str, at: datetime) -> None:
        """Count a failure. It opens at the threshold, or at once where a probe failed."""
        row.last_failure = failure
        if row.state == CLOSED:
            row.failures += 1
        if _holds(row, probe) or (row.state == CLOSED and row.failures >= self.failure_threshold):
            row.state, row.opened_at, row.probe_until, row.successes = OPEN, at, None, 0

    def succeed(self, row: Breaker, probe: datetime | None) -> None:
        """Count a success. It ends a row of failures; enough successful probes close."""
        if row.state == CLOSED:
            row.failures = 0
        elif _holds(row, probe):
            row.probe_until = None
            row.successes += 1
            if row.successes >= self.success_threshold:
                close(row)


def release_probe(row: Breaker, probe: datetime | None) -> None:
    """Allow another probe, since this one had no result."""
    if _holds(row, probe):
        row.probe_until = None


def hold_open(row: Breaker, *, at: datetime) -> None:
    """Open, until somebody closes it."""
    row.state, row.held_open, row.opened_at, row.probe_until, row.successes = OPEN, True, at, None, 0


def close(row: Breaker) -> None:
    """Close, whatever has happened."""
    row.state, row.failures, row.successes, row.opened_at, row.probe_until = CLOSED, 0, 0, None, None
    row.held_open = False


def _holds(row: Breaker, probe: datetime | None) -> bool:
    """Whether this probe's lease is the one in force: a result that comes too late decides nothing."""
    return probe is not None and row.state == HALF_OPEN and row.probe_until == probe
