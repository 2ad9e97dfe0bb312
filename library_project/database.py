"""How the library connects to its database: what a process does without its answer, and for how long."""

from pathlib import Path
from typing import Any

import environ
from django.conf import settings

from shared_kernel.resilience.bulkheads import LOCK_MOMENT

#: A search ends with its first thousand books: each of its pages must come to the same ones, so no scan of a
#: table may begin where another one has just been.
_FROM_THE_FIRST_ROW = "-c synchronize_seqscans=off"

Options = dict[str, Any]  # as various as two drivers' options

#: Seconds that a request waits for a connection of its process's pool, and for a lost one to come back.
_POOL = {"min_size": 1, "max_size": 8, "timeout": 2.0, "reconnect_timeout": 2.0}
#: A server that vanished without a word is noticed within some 20 seconds, not a quarter of an hour.
_NOTICE_SILENCE = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}


def database_settings(url: str, *, pool: bool, base: Path) -> dict[str, Any]:  # Django's own shape
    """Django's settings for the database at `url`; a file's path is relative to `base`."""
    database: dict[str, Any] = dict(environ.Env.db_url_config(url))
    if "sqlite" in database["ENGINE"]:
        database["ENGINE"] = "library_project.sqlite"
        name = Path(database["NAME"])
        database["NAME"] = str(name if name.is_absolute() else base / name)
        database["CONN_MAX_AGE"] = 60  # opening the file takes longer than most questions to it
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 0.02,  # the rest of a wait is Python's (sqlite/base.py)
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;",
        }
        return database
    # What the address says behind its question mark, such as sslmode=verify-full, holds.
    database["OPTIONS"] = {**_NOTICE_SILENCE, **database.get("OPTIONS", {})}
    database["DISABLE_SERVER_SIDE_CURSORS"] = True
    # After a restart of the server no request gets a dead connection.
    if pool:
        database["ENGINE"] = "library_project.postgresql"
        database["OPTIONS"] |= {"pool": _POOL, "prepare_threshold": 5}  # see shared_kernel/sql/execution.py
    else:
        database |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    return database


def with_timeouts(options: Options, *, statement_timeout: float, lock_timeout: float) -> Options:
    """The options with limits, in seconds, on what PostgreSQL does for a process; 0 is none.

    Beside them it is told how to scan a table. Not for PgBouncer, which refuses them in a connection's first
    message and hands a connection from one process to the next: there its own settings do the same
    (deploy/pgbouncer). What the address itself says of a limit, holds.
    """
    limits = {"statement_timeout": statement_timeout, "lock_timeout": lock_timeout}
    words = [f"-c {name}={seconds * 1000:.0f}" for name, seconds in limits.items() if seconds]
    return {**options, "options": " ".join([_FROM_THE_FIRST_ROW, *words, options.get("options", "")]).strip()}


def use_web_timeouts(*, has_bulkheads: bool = False) -> None:
    """Give this process, which serves requests, their limits; to be called before it first connects.

    With bulkheads, whatever waits for a lock waits a moment only; a command then starts again in a bulkhead.
    """
    options: Options = dict(settings.WEB_DATABASE_OPTIONS)
    if has_bulkheads and "pool" in options:
        options["options"] = f"{options['options']} -c lock_timeout={LOCK_MOMENT * 1000:.0f}"
    settings.DATABASES["default"]["OPTIONS"] = options
