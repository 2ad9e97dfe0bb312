"""The one way in for every write: `dispatch` opens the transaction, finds the handler, keeps the record."""

from functools import cache
from typing import Any, TypeVar

from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone
from django.utils.module_loading import import_string

from shared_kernel.domain.errors import ConcurrentChange, Refused
from shared_kernel.metrics import counted
from shared_kernel.models import AuditEntry
from shared_kernel.resilience.bulkheads import Bulkhead, move_to_bulkhead
from shared_kernel.services.bus import Bus, Command
from shared_kernel.services.idempotency import Replay, claim
from shared_kernel.services.lock_waits import (
    is_lock_timeout,
    set_lock_timeout,
    should_fail_fast,
)
from shared_kernel.services.request_context import audit_overrides, audit_subjects, current_context
from shared_kernel.sql.writes import defer_insert

R = TypeVar("R")

_ATTEMPTS = 3
#: PostgreSQL: serialization_failure, deadlock_detected.
_TRANSIENT_STATES = {"40001", "40P01"}


@cache
def bus() -> Bus:
    """The bus that the composition root built (settings.LIBRARY_BUS)."""
    built: Bus = import_string(settings.LIBRARY_BUS)
    return built


def dispatch(command: Command[R], *, idempotency_key: str | None = None) -> R:
    """Carry out a command in one transaction and answer with its result.

    With an idempotency key, a command that was carried out before is not repeated: its first answer is
    given again. Inside a transaction it joins it; outermost, a lost race or a deadlock is tried three times.
    Raises Refused with every reason why not; then nothing has changed but the audit. In a web process it
    steps aside to wait for a lock, and raises Overloaded where too many wait.
    """
    attempts = 1 if connection.in_atomic_block else _ATTEMPTS
    hurried = should_fail_fast()
    if not hurried:
        move_to_bulkhead(Bulkhead.WAITING)  # inside a transaction it can't be tried twice
    with counted(command), audit_subjects() as subjects, audit_overrides() as overridden:
        while True:
            attempts -= 1
            try:
                return _carry_out(command, idempotency_key, subjects, overridden, hurried=hurried)
            except Refused as refused:
                if attempts and isinstance(refused, ConcurrentChange):
                    continue
                if not connection.needs_rollback:  # else this record would be undone as well
                    codes = [each.code for each in refused.refusals]
                    _record(command, subjects, AuditEntry.Outcome.REFUSED, codes)
                raise
            except OperationalError as error:
                if hurried and connection.vendor == "postgresql" and is_lock_timeout(error):
                    move_to_bulkhead(Bulkhead.WAITING)
                    hurried, attempts = False, _ATTEMPTS
                elif not attempts or not _is_transient(error):
                    raise


def _carry_out(
    command: Command[R],
    key: str | None,
    subjects: dict[str, str],
    overridden: list[str],
    *,
    hurried: bool,
) -> R:
    handler, new_work = bus().commands[type(command)]
    work = new_work()
    with bus().transaction(*work.repositories):
        set_lock_timeout(hurried=hurried)
        claimed = claim(command, key, hurried=hurried) if key else None
        if isinstance(claimed, Replay):
            return claimed.result  # type: ignore[no-any-return]  # stored by this very command type
        result: R = handler(command, work)
        if result is not False:  # what a scheduled job finds that it needn't do, isn't worth a line
            _record(command, subjects, AuditEntry.Outcome.DONE, overridden)
        if claimed:
            claimed.keep(result)
    return result


def _record(
    command: Command[Any], subjects: dict[str, str], outcome: AuditEntry.Outcome, codes: list[str]
) -> None:
    if not command.audited:
        return
    who = current_context()
    defer_insert(
        AuditEntry,
        {
            "at": timezone.now(),
            "principal": who.principal,
            "door": who.door,
            "action": type(command).__name__,
            "outcome": outcome,
            "codes": codes,
            "subjects": subjects,
            "comment": getattr(command, "comment", None) or "",
            "correlation_id": who.correlation_id,
        },
    )


def _is_transient(error: OperationalError) -> bool:
    return getattr(error.__cause__, "sqlstate", None) in _TRANSIENT_STATES
