"""Whether this installation can serve, and what it has to do without."""

from dataclasses import dataclass, field
from functools import cache

import structlog
from django.conf import settings
from django.db import Error as DatabaseProblem
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from library_project.broker_probe import broker_probe
from outbox.status import outbox_lag
from shared_kernel.resilience.registry import all_breakers
from shared_kernel.services.bus import Result

#: Seconds that a committed event may wait while the broker is there before something is wrong with the relay.
LAG_ALLOWED = 60.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessChecks(Result):
    """What was found. `outbox_lag` is the age in seconds of the oldest event not yet published."""

    database: str = "away"
    migrations: str = "unknown"
    broker: str = "embedded"
    outbox_lag: float | None = None
    breakers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness(Result):
    """`ready` unless the database or its tables are missing; all else is only `degraded`."""

    status: str
    degraded: list[str]
    checks: ReadinessChecks


def readiness() -> Readiness:
    """Look at everything now. Names no host and repeats no driver's words."""
    try:
        checks = _look()
    except DatabaseProblem as problem:
        log.warning("not_ready", problem=type(problem).__name__)
        checks = ReadinessChecks(broker=_broker())
    status = "ready" if checks.database == checks.migrations == "ok" else "unavailable"
    return Readiness(status=status, degraded=sorted(_degraded(checks)), checks=checks)


def _look() -> ReadinessChecks:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if not _migrated():
        return ReadinessChecks(database="ok", migrations="pending", broker=_broker())
    return ReadinessChecks(
        database="ok",
        migrations="ok",
        broker=_broker(),
        outbox_lag=outbox_lag()[1],
        breakers={each.name: each.state for each in all_breakers()},
    )


def _degraded(checks: ReadinessChecks) -> set[str]:
    found = {name for name in ("database", "migrations") if getattr(checks, name) != "ok"}
    in_use = {"rabbitmq": bool(settings.RABBITMQ_URL), "sendgrid": bool(settings.SENDGRID_API_KEY)}
    # A half open breaker waits for the next call, which may be long in coming: that alone is no degradation.
    found |= {name for name, state in checks.breakers.items() if state == "open" and in_use.get(name)}
    if checks.broker == "away":
        found.add("rabbitmq")
    if "rabbitmq" not in found and (checks.outbox_lag or 0) > LAG_ALLOWED:
        found.add("outbox")
    return found


def _broker() -> str:
    if not settings.RABBITMQ_URL:
        return "embedded"
    return "ok" if broker_probe(settings.RABBITMQ_URL).answers() else "away"


def _migrated() -> bool:
    try:
        _require_migrations()
    except _MigrationsPending:
        return False
    return True


@cache
def _require_migrations() -> None:
    """Raise while any is to be applied; once none is, this process need not look again."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _MigrationsPending


class _MigrationsPending(Exception):
    pass
