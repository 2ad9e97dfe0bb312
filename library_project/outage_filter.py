"""Lines of others about what is away, such as a traceback a second, become the two that outages.py logs."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import Error as DatabaseProblem
from django.db import InterfaceError, OperationalError
from django.db.backends.signals import connection_created

from shared_kernel.resilience.outages import outage

_VAR = str(Path(__file__).resolve().parent.parent / "var")
#: PostgreSQL's states of a connection lost or refused, of a server out of disk or memory or shutting down.
_POSTGRESQL_AWAY = ("08", "53", "57P", "28")
_SQLITE_AWAY = ("SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_FULL", "SQLITE_CORRUPT")
_TABLES_MISSING = ("42P01", "42703")  # a table, a column
#: Our own log lines that repeat at each attempt while the database is away.
_ABOUT_THE_DATABASE = {
    "breaker_without_database",
    "job_not_noted",
    "metrics_without_database",
    "not_ready",
}
#: Loggers that report a broker failure at each attempt.
_ABOUT_THE_BROKER = ("celery.worker.consumer", "celery.beat", "kombu", "amqp")
_BROKER_WORDS = (
    "consumer: Cannot connect",
    "beat: Connection error",
    "Message Error",
    "Connection to broker lost",
)
_UNAVAILABLE = 503


class OutageFilter(logging.Filter):
    """Takes out lines about a known outage, and lets all others pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to keep the line."""
        error = record.exc_info[1] if record.exc_info else None
        if away := unavailable_dependency(error) if error else None:
            outage(away).failed(type(error).__name__)
            return False
        if record.name == "psycopg.pool" and record.levelno >= logging.WARNING:
            outage("database").failed("no connection")
            return False
        if record.name.startswith(_ABOUT_THE_BROKER):
            return self._is_no_outage_of_the_broker(record, error)
        if isinstance(record.msg, dict) and record.msg.get("event") in _ABOUT_THE_DATABASE:
            return not self._is_outage_of_the_database(record.msg)
        return not _is_answer_without(record)

    def _is_no_outage_of_the_broker(self, record: logging.LogRecord, error: BaseException | None) -> bool:
        text = str(record.msg)
        if text.startswith("Connected to"):
            outage("broker").over()
        elif record.levelno >= logging.WARNING and (
            text.startswith(_BROKER_WORDS) or isinstance(error, OSError)
        ):
            outage("broker").failed(type(error).__name__ if error else "no connection")
            return False
        return True

    def _is_outage_of_the_database(self, event: dict[str, Any]) -> bool:  # structlog's own
        problem = event.get("problem")
        if problem in {"OperationalError", "InterfaceError"}:
            outage("database").failed(str(problem))
        elif problem == "ProgrammingError":
            outage("tables").failed(str(problem))
        else:
            return False
        return True


def unavailable_dependency(error: BaseException) -> str | None:
    """Whether an error, or what it goes back to, means that the database, its tables or var/ are missing."""
    for each in _chain(error):
        if isinstance(each, FileNotFoundError) and os.fsdecode(each.filename or "").startswith(_VAR):
            return "folder"
        if not isinstance(each, DatabaseProblem) or each.__cause__ is None:
            continue
        state = getattr(each.__cause__, "sqlstate", None) or ""
        sqlite = getattr(each.__cause__, "sqlite_errorname", "")
        if state in _TABLES_MISSING or (sqlite == "SQLITE_ERROR" and "no such table" in str(each)):
            return "tables"
        lost = not state and not sqlite and isinstance(each, OperationalError | InterfaceError)
        if lost or sqlite.startswith(_SQLITE_AWAY) or state.startswith(_POSTGRESQL_AWAY):
            return "database"
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _is_answer_without(record: logging.LogRecord) -> bool:
    """Whether it is Django's line about a request that was answered 503 during an outage."""
    if record.name != "django.request" or getattr(record, "status_code", None) != _UNAVAILABLE:
        return False
    return outage("database").is_on or outage("tables").is_on


def _database_is_back(**_: Any) -> None:  # Django's signal arguments
    outage("database").over()


connection_created.connect(_database_is_back)
