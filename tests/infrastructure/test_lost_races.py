"""PostgreSQL ends a transaction for the sake of another: it is done again, and nobody at the desk notices."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from lending.models import LoanRow
from lending.services.commands.borrow_book import BorrowBook
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from tests.conftest import ON_POSTGRESQL
from tests.factories import a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.services.daemon import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite has one writer at a time"),
]

QUEUES = "SELECT 1 FROM lending_hold_queue FOR UPDATE"
PATRONS = "SELECT 1 FROM patrons_patronrow FOR UPDATE"


@contextmanager
def somebody() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Another session on the same database, which is never the one to be ended."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute("SET deadlock_timeout = '60s'")
        yield other


@contextmanager
def aside(command: BorrowBook, *first: str) -> Iterator[Future[object]]:
    """Carry out a command on a thread and connection of its own, after these statements."""

    def run() -> object:
        try:
            with connection.cursor() as cursor:
                for statement in first:
                    cursor.execute(statement)
            return dispatch(command)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(run)


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def borrowing() -> BorrowBook:
    """A borrowing of a copy whose book has been lent before, so that its queue is there to be locked."""
    another = a_copy(book=a_loan().book)
    return BorrowBook(copy_barcode=another.barcode, patron_card=a_patron().card_number)


class TestALostRace:
    def test_is_run_again_after_a_deadlock(self) -> None:
        command = borrowing()
        with somebody() as other:
            other.execute(QUEUES)
            with aside(command, "SET deadlock_timeout = '2s'") as lending:
                assert wait_until(waits_for_a_lock, seconds=10)
                other.execute(PATRONS)  # the borrowing has its patron, and waits for the queue
                assert not lending.done()
                other.commit()
                lending.result(timeout=20)
        assert LoanRow.objects.count() == 2
        assert AuditEntry.objects.filter(action="BorrowBook", outcome="done").count() == 2

    def test_is_run_again_where_transactions_would_not_be_serialisable(self) -> None:
        command = borrowing()
        repeatable = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ"
        with somebody() as other:
            other.execute("UPDATE patrons_patronrow SET sort_key = sort_key")
            with aside(command, repeatable) as lending:
                assert wait_until(waits_for_a_lock, seconds=10)
                other.commit()
                lending.result(timeout=20)
        assert LoanRow.objects.count() == 2
