"""Makes sure that only one relay runs at a time: two would publish an aggregate's events out of order."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from uuid import uuid4

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connection, connections
from django.utils import timezone

from outbox.models import RelayLease

#: After so many seconds a frozen or killed relay loses the lock.
LOCK_TIMEOUT_SECONDS = 15
_LOCK_ID = 0x6C696272  # "libr"


def single_flight() -> AbstractContextManager[bool]:
    """Yields whether the lock was acquired, and holds it until the block ends."""
    return _advisory_lock() if connection.vendor == "postgresql" else _lease()


@contextmanager
def _advisory_lock() -> Iterator[bool]:
    """A transaction-level advisory lock, since a session-level one would leak through PgBouncer.

    Its transaction runs on a separate connection, so writes in the block commit independently.
    """
    separate = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        separate.set_autocommit(False)
        with separate.cursor() as cursor:
            cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK_ID])
            [acquired] = cursor.fetchone()
        yield acquired
    finally:
        with suppress(DatabaseError, InterfaceError):  # PostgreSQL may have ended the session, or be down
            separate.rollback()
        separate.close()


@contextmanager
def _lease() -> Iterator[bool]:
    """A lease row with an expiry. No transaction stays open meanwhile, as SQLite has a single writer."""
    holder, now = uuid4(), timezone.now()
    RelayLease.objects.get_or_create(id=1, defaults={"holder": holder, "held_until": now})
    until = now + timedelta(seconds=LOCK_TIMEOUT_SECONDS)
    acquired = (
        RelayLease.objects.filter(id=1, held_until__lte=now).update(holder=holder, held_until=until) == 1
    )
    try:
        yield acquired
    finally:
        if acquired:
            RelayLease.objects.filter(id=1, holder=holder).update(held_until=timezone.now())
