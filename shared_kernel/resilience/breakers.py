"""Circuit breakers whose state all processes share: one row each, read seldom and locked for a moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from math import ceil
from time import monotonic
from typing import NoReturn, TypeVar

import structlog
from circuitbreaker import CircuitBreaker, CircuitBreakerError, CircuitBreakerMonitor
from django.conf import settings
from django.db import Error as DatabaseProblem
from django.db import transaction
from django.utils import timezone

from shared_kernel.models import Breaker
from shared_kernel.resilience.fingerprint import digest_of
from shared_kernel.resilience.states import Limits, close, release_probe

R = TypeVar("R")

#: For so long a process believes what it last read, so that a closed breaker costs next to nothing.
_BELIEVED_SECONDS = 0.5

log = structlog.get_logger(__name__)


class BreakerOpen(CircuitBreakerError):  # type: ignore[misc]  # the library is untyped
    """The service failed too often, or somebody wants it left alone.

    `retry_at` says until when (aware, UTC); None until somebody closes the breaker.
    """

    def __init__(self, breaker: "SharedBreaker", *, retry_at: datetime | None) -> None:
        super().__init__(breaker)
        self.name: str = breaker.name
        self.retry_at = retry_at

    def __str__(self) -> str:
        until = self.retry_at.isoformat() if self.retry_at else "somebody closes it"
        return f"the circuit breaker {self.name} is open until {until}"


class SharedBreaker(CircuitBreaker):  # type: ignore[misc]  # the library is untyped
    """A breaker that every process sees in the same state.

    It opens after `failure_threshold` consecutive failures, lets one probe at a time through once `timeout`
    seconds are over, and closes after `success_threshold` successful probes; one that fails opens it again.
    One that somebody holds open lets nothing through until somebody closes it. `setting` is a digest of the
    service's address and key: where it has changed, what the old service did no longer counts.
    Each step commits on its own and none is under way during the guarded call, which therefore must not lie
    within a transaction. Where the database is away, everything passes.
    """

    def __init__(self, name: str, limits: Limits, *, setting: str = "") -> None:
        super().__init__(
            name=name, failure_threshold=limits.failure_threshold, recovery_timeout=limits.timeout
        )
        self.limits = limits
        self._setting = setting
        self._believe(Breaker(name=name), seconds=0)
        CircuitBreakerMonitor.register(self)

    def call(
        self, func: Callable[..., R], *args: object, counts: tuple[type[Exception], ...], **kwargs: object
    ) -> R:
        """Call `func`, unless open. Only exceptions of the types in `counts` are failures of the service.

        Any other exception passes and counts as neither failure nor success. Raises BreakerOpen when open.
        """
        with self.guarding(*counts):
            return func(*args, **kwargs)

    @contextmanager
    def guarding(self, *counts: type[Exception]) -> Iterator[None]:
        """Do for a block what `call` does for a function."""
        probe = self._pass_gate()
        try:
            yield
        except counts as failure:
            name = type(failure).__name__
            self._step(lambda row: self.limits.fail(row, probe, failure=name, at=timezone.now()))
            raise
        except BaseException:
            if probe:
                self._step(lambda row: release_probe(row, probe))
            raise
        if probe or self._known.failures:
            self._step(lambda row: self.limits.succeed(row, probe))

    def heeded(self, row: Breaker | None) -> Breaker:
        """The stored row, or a closed one where there is none or it is about another setting."""
        return row if row and self._concerns(row) else Breaker(name=self.name)

    def __enter__(self) -> NoReturn:
        """Refuse: the library's own `with breaker:` never rejects a call."""
        raise TypeError("say what counts as a failure: with breaker(name).guarding(ServiceFailure): …")

    def reset(self) -> None:
        """Close it, whatever has happened."""
        self._step(close)

    @property
    def state(self) -> str:
        """closed, open or half_open; at most half a second old."""
        return self.limits.state(self._look(), at=timezone.now())

    @property
    def retry_at(self) -> datetime | None:
        """When the next call may pass (aware, UTC); None while closed or held open."""
        return self.limits.retry_at(self._look())

    @property
    def open_remaining(self) -> int:
        """Whole seconds until the next call may pass; 0 while closed or held open."""
        retry_at = self.retry_at
        return max(0, ceil((retry_at - timezone.now()).total_seconds())) if retry_at else 0

    @property
    def failure_count(self) -> int:
        """Consecutive failures."""
        return self._look().failures

    @property
    def last_failure(self) -> str:
        """The type of the last failure."""
        return self._look().last_failure

    def _pass_gate(self) -> datetime | None:
        """Let pass (None), or pass as the one probe (its lease), or raise BreakerOpen."""
        row = self._look()
        if self.limits.is_due(row, at=timezone.now()):
            if lease := self._step(lambda row: self.limits.take_probe(row, at=timezone.now())):
                return lease
            row = self._known
        retry_at = self.limits.retry_at(row)
        if row.held_open or retry_at:
            raise BreakerOpen(self, retry_at=retry_at)
        return None

    def _look(self) -> Breaker:
        """The row, without locking anything."""
        if monotonic() >= self._believed_until:
            try:
                self._believe(self.heeded(Breaker.objects.filter(pk=self.name).first()))
            except DatabaseProblem as problem:
                self._do_without(problem)
        return self._known

    def _step(self, change: Callable[[Breaker], R]) -> R | None:
        """Change the row in a transaction of its own."""
        try:
            with transaction.atomic(durable=True):
                row, _ = Breaker.objects.select_for_update().get_or_create(
                    pk=self.name, defaults={"changed_at": timezone.now()}
                )
                before = row.state
                if not self._concerns(row):
                    close(row)
                row.setting = self._setting
                result = change(row)
                row.changed_at = timezone.now()
                row.save()
        except DatabaseProblem as problem:
            self._do_without(problem)
            return None
        if row.state != before and Breaker.State.CLOSED in {
            row.state,
            before,
        }:  # probes that fail are not news
            log.warning(
                "breaker_changed", breaker=self.name, was=before, now=row.state, failure=row.last_failure
            )
        self._believe(row)
        return result

    def _concerns(self, row: Breaker) -> bool:
        return row.held_open or row.setting in {"", self._setting}

    def _believe(self, row: Breaker, *, seconds: float = _BELIEVED_SECONDS) -> None:
        self._known, self._believed_until = row, monotonic() + seconds

    def _do_without(self, problem: DatabaseProblem) -> None:
        log.warning("breaker_without_database", breaker=self.name, problem=type(problem).__name__)
        self._believe(Breaker(name=self.name))


@cache
def breaker(name: str) -> SharedBreaker:
    """The breaker of this name, with the thresholds of settings.CIRCUIT_BREAKERS. Raises KeyError."""
    setting = digest_of(*settings.CIRCUIT_BREAKER_SERVICES[name])
    return SharedBreaker(name, Limits(**settings.CIRCUIT_BREAKERS[name]), setting=setting)
