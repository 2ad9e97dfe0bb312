"""Commands for operators: hold a circuit breaker open, or close it."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.utils import timezone

from shared_kernel.domain.errors import NotFound
from shared_kernel.domain.text import required_reason
from shared_kernel.models import Breaker
from shared_kernel.resilience.states import close, hold_open
from shared_kernel.services.bus import Command, UnitOfWork
from shared_kernel.services.request_context import bind_audit_subjects

log = structlog.get_logger(__name__)


class UnknownBreaker(NotFound):
    message = "There is no circuit breaker with this name."


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldBreakerOpen(Command[None]):
    """Leave a service alone until somebody closes its breaker: for work on it, or while it does harm.

    `comment` says why, for the audit.
    """

    name: str
    comment: str


def hold_breaker_open(command: HoldBreakerOpen, _work: UnitOfWork) -> None:
    """Every process heeds it within half a second. Raises UnknownBreaker, ReasonRequired."""
    _step(command.name, command.comment, lambda row: hold_open(row, at=timezone.now()))


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseBreaker(Command[None]):
    """Let calls through again at once, whatever has happened. `comment` says why, for the audit."""

    name: str
    comment: str


def close_breaker(command: CloseBreaker, _work: UnitOfWork) -> None:
    """Every process heeds it within half a second. Raises UnknownBreaker, ReasonRequired."""
    _step(command.name, command.comment, close)


def _step(name: str, comment: str, change: Callable[[Breaker], None]) -> None:
    if name not in settings.CIRCUIT_BREAKERS:
        raise UnknownBreaker
    bind_audit_subjects(breaker=name)
    required_reason(comment, pointer="/comment")
    now = timezone.now()
    row, _ = Breaker.objects.select_for_update().get_or_create(pk=name, defaults={"changed_at": now})
    before = row.state
    change(row)
    row.changed_at = now
    row.save()
    log.warning("breaker_changed", breaker=name, was=before, now=row.state, held_open=row.held_open)
