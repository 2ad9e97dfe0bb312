"""The reference for lending: the locks and rows of a loan and a return in plain psycopg, without rules.

It sends the least that any implementation with the same guarantees (an outbox, an audit, a locked hold queue)
must send to PostgreSQL. It knows all ids beforehand, so it reads only what it locks, and psycopg prepares its
statements.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg

from benchmarks.lending import Lending
from benchmarks.rounds import InvalidMeasurement

_LOCK_PATRON = "SELECT id FROM patrons_patronrow WHERE card_number = %s FOR UPDATE"
_LOCK_QUEUE = "SELECT id FROM lending_hold_queue WHERE book_id = %s FOR UPDATE"
_LOAN = """INSERT INTO lending_loan (id, version, copy_id, book_id, patron_id, branch, barcode, title,
    item_type, borrowed_at, due_at, returned_at, state, renewals, due_version, due_soon_version, terms)
    VALUES (%s, 1, %s, %s, %s, 'MAIN', %s, %s, 'book', %s, %s, NULL, 'open', 0, 1, 0, %s)"""
_RETURN = """UPDATE lending_loan SET version = 2, state = 'returned', returned_at = %s
    WHERE copy_id = %s AND state = 'open' RETURNING id"""
_EVENT = """INSERT INTO outbox_outboxmessage (event_id, type, aggregate_id, aggregate_version, payload,
    recorded_at, published_at, attempts, retry_at, failure)
    VALUES (%s, %s, %s, %s, %s, %s, NULL, 0, NULL, '')"""
_AUDIT = """INSERT INTO shared_kernel_auditentry (at, principal, door, action, outcome, codes, subjects,
    comment, correlation_id) VALUES (%s, 'system', 'internal', %s, 'done', '[]', %s, '', %s)"""


class LoanEvent(NamedTuple):
    """An event of a loan, and the command that caused it."""

    type: str
    action: str
    loan: UUID
    version: int
    at: datetime
    data: dict[str, Any]  # JSON

    @classmethod
    def borrowed(cls, loan: UUID, *, at: datetime, due_at: datetime) -> "LoanEvent":
        """The event of a new loan."""
        told = {"branch": "MAIN", "due_at": due_at.isoformat(), "overridden": []}
        return cls("lending.book_borrowed.v1", "BorrowBook", loan, 1, at, told)

    @classmethod
    def returned(cls, loan: UUID, *, at: datetime) -> "LoanEvent":
        """The event of a return."""
        told = {"branch": "MAIN", "due_at": at.isoformat(), "was_overdue": False, "days_overdue": 0}
        return cls("lending.book_returned.v1", "ReturnBook", loan, 2, at, told)

    def payload(self, lending: Lending, *, event_id: UUID, correlation: str) -> str:
        """The event as the product writes it."""
        of_copy = {"copy_id": str(lending.copy), "book_title": lending.title, "barcode": lending.barcode}
        return json.dumps(
            {
                "specversion": "1.0",
                "id": str(event_id),
                "source": "/lending",
                "type": self.type,
                "subject": str(self.loan),
                "time": self.at.isoformat(),
                "datacontenttype": "application/json",
                "aggregateversion": self.version,
                "correlationid": correlation,
                "data": {
                    **of_copy,
                    "book_id": str(lending.book),
                    "patron_id": str(lending.patron),
                    **self.data,
                },
            }
        )

    def subjects(self, lending: Lending) -> dict[str, str]:
        """The ids for the audit entry."""
        ids = {"patron": lending.patron, "copy": lending.copy, "book": lending.book, "loan": self.loan}
        return {name: str(value) for name, value in ids.items()}


class PsycopgReference:
    """Lends and returns over one connection."""

    def __init__(self, database_url: str) -> None:
        self._connection = psycopg.connect(database_url)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def borrow(self, it: Lending) -> None:
        """Write the same rows as BorrowBook."""
        now, loan = datetime.now(UTC), uuid4()
        due_at = now + timedelta(days=14)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(_LOCK_PATRON, (it.card,))
            cursor.execute(_LOCK_QUEUE, (it.book,))
            row = (loan, it.copy, it.book, it.patron, it.barcode, it.title, now, due_at, it.terms)
            cursor.execute(_LOAN, row)
            _insert_event(cursor, it, LoanEvent.borrowed(loan, at=now, due_at=due_at))

    def return_book(self, it: Lending) -> None:
        """Write the same rows as ReturnBook. Raises InvalidMeasurement if the copy is not on loan."""
        now = datetime.now(UTC)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(_LOCK_QUEUE, (it.book,))
            cursor.execute(_RETURN, (now, it.copy))
            found = cursor.fetchone()
            if found is None:
                raise InvalidMeasurement(f"{it.barcode} is not on loan")
            _insert_event(cursor, it, LoanEvent.returned(found[0], at=now))

    def borrow_and_return(self, it: Lending) -> None:
        """Both, one after the other."""
        self.borrow(it)
        self.return_book(it)


def _insert_event(cursor: psycopg.Cursor[Any], lending: Lending, that: LoanEvent) -> None:
    event_id, correlation = uuid4(), str(uuid4())
    payload = that.payload(lending, event_id=event_id, correlation=correlation)
    cursor.execute(_EVENT, (event_id, that.type, that.loan, that.version, payload, that.at))
    cursor.execute(_AUDIT, (that.at, that.action, json.dumps(that.subjects(lending)), correlation))
