"""One relay at a time, whoever runs it: two would bring an aggregate's events out of order."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from uuid import uuid4

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connection, connections
from django.utils import timezone

from outbox.models import RelayLease

#: A relay that was frozen or killed keeps the others out for so long at most, in seconds.
LET_GO_AFTER = 15
_LOCK = 0x6C696272  # "libr"


def single_flight() -> AbstractContextManager[bool]:
    """Tells whether this caller is the only relay, and keeps others out until it is done."""
    return _lock() if connection.vendor == "postgresql" else _lease()


@contextmanager
def _lock() -> Iterator[bool]:
    """A lock for the length of a transaction, since one of the session would leak through PgBouncer.

    The transaction has a connection of its own: what is done meanwhile commits by itself.
    """
    own = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        own.set_autocommit(False)
        with own.cursor() as cursor:
            cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{LET_GO_AFTER}s'")
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            [alone] = cursor.fetchone()
        yield alone
    finally:
        with suppress(DatabaseError, InterfaceError):  # PostgreSQL may have let go of us, or be gone
            own.rollback()
        own.close()


@contextmanager
def _lease() -> Iterator[bool]:
    """A row that is held until an instant: no transaction is open meanwhile, as SQLite has but one writer."""
    me, now = uuid4(), timezone.now()
    RelayLease.objects.get_or_create(id=1, defaults={"holder": me, "held_until": now})
    until = now + timedelta(seconds=LET_GO_AFTER)
    alone = RelayLease.objects.filter(id=1, held_until__lte=now).update(holder=me, held_until=until) == 1
    try:
        yield alone
    finally:
        if alone:
            RelayLease.objects.filter(id=1, holder=me).update(held_until=timezone.now())
