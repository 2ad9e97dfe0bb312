"""Lending past the product: the locks and rows of a borrowing and a return, with no rule and no ORM.

This is the reference: what any implementation with the same promises (an outbox, an audit, a queue that is
locked) must at least send to PostgreSQL. It knows all ids beforehand, so it reads nothing but what it locks,
and psycopg prepares its statements.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg

from benchmarks.desk import Lending
from benchmarks.rounds import Void

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


class Happening(NamedTuple):
    """What is to be told of a loan, and by which command it came about."""

    type: str
    action: str
    loan: UUID
    version: int
    at: datetime
    told: dict[str, Any]  # JSON

    @classmethod
    def borrowed(cls, loan: UUID, *, at: datetime, due_at: datetime) -> "Happening":
        """A loan began."""
        told = {"branch": "MAIN", "due_at": due_at.isoformat(), "overridden": []}
        return cls("lending.book_borrowed.v1", "BorrowBook", loan, 1, at, told)

    @classmethod
    def returned(cls, loan: UUID, *, at: datetime) -> "Happening":
        """It ended."""
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
                    **self.told,
                },
            }
        )

    def subjects(self, lending: Lending) -> dict[str, str]:
        """The ids that the audit keeps."""
        ids = {"patron": lending.patron, "copy": lending.copy, "book": lending.book, "loan": self.loan}
        return {name: str(value) for name, value in ids.items()}


class Hand:
    """Lends and takes back over one connection."""

    def __init__(self, database_url: str) -> None:
        self._connection = psycopg.connect(database_url)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def borrow(self, it: Lending) -> None:
        """What BorrowBook leaves in the database."""
        now, loan = datetime.now(UTC), uuid4()
        due_at = now + timedelta(days=14)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(_LOCK_PATRON, (it.card,))
            cursor.execute(_LOCK_QUEUE, (it.book,))
            row = (loan, it.copy, it.book, it.patron, it.barcode, it.title, now, due_at, it.terms)
            cursor.execute(_LOAN, row)
            _record(cursor, it, Happening.borrowed(loan, at=now, due_at=due_at))

    def take_back(self, it: Lending) -> None:
        """What ReturnBook leaves in the database. Raises Void where nothing is lent."""
        now = datetime.now(UTC)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(_LOCK_QUEUE, (it.book,))
            cursor.execute(_RETURN, (now, it.copy))
            found = cursor.fetchone()
            if found is None:
                raise Void(f"{it.barcode} is not lent")
            _record(cursor, it, Happening.returned(found[0], at=now))


def _record(cursor: psycopg.Cursor[Any], lending: Lending, that: Happening) -> None:
    event_id, correlation = uuid4(), str(uuid4())
    payload = that.payload(lending, event_id=event_id, correlation=correlation)
    cursor.execute(_EVENT, (event_id, that.type, that.loan, that.version, payload, that.at))
    cursor.execute(_AUDIT, (that.at, that.action, json.dumps(that.subjects(lending)), correlation))
