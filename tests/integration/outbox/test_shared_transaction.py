"""The events of a batch share a transaction without savepoints."""

import json
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection
from django.db.models import Model

from catalog.models import BorrowingCountRow
from catalog.services.commands.remove_book import RemoveBook
from library_project.subscriptions import SUBSCRIPTIONS
from outbox.envelope import ReceivedEvent
from outbox.inbound import InboundMessage
from outbox.inbox import HandlingStatus, Inbox, InboxOutcome
from outbox.models import InboxEntry
from shared_kernel.domain.errors import NotFound
from shared_kernel.services.commands import dispatch
from shared_kernel.sql.writes import insert
from tests.services.directory import ROOT

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

BORROWED = "lending.book_borrowed.v1"
EXAMPLE = json.loads((ROOT / "docs" / "events" / f"{BORROWED}.example.json").read_text())
BOOK = str(uuid4())


def parsed(inbox: Inbox, *books: str) -> list[InboundMessage]:
    events = [
        EXAMPLE
        | {"id": str(uuid4()), "subject": str(uuid4())}
        | {"data": EXAMPLE["data"] | {"book_id": book}}
        for book in books
    ]
    return [inbox.parse(json.dumps(event).encode()) for event in events]


class Statements(list[str]):
    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204 - Django's signature
        self.append(sql)
        return execute(sql, params, many, context)


class TestABatch:
    def test_counts_its_borrowings_with_one_statement_and_no_savepoint(self) -> None:
        inbox = Inbox("catalog", SUBSCRIPTIONS["catalog"])
        rare = str(uuid4())
        batch = parsed(inbox, *[BOOK] * 5, rare, *[BOOK] * 4)
        with connection.execute_wrapper(statements := Statements()):
            assert inbox.handle_atomically(batch) == [InboxOutcome.HANDLED] * 10
        assert not [each for each in statements if "SAVEPOINT" in each]
        assert sum(BorrowingCountRow._meta.db_table in each for each in statements) == 1
        counts = dict(BorrowingCountRow.objects.values_list("book_id", "count"))
        assert counts == {UUID(BOOK): 9, UUID(rare): 1}

    def test_adds_to_earlier_counts(self) -> None:
        inbox = Inbox("catalog", SUBSCRIPTIONS["catalog"])
        inbox.handle_atomically(parsed(inbox, BOOK, BOOK))
        inbox.handle_atomically(parsed(inbox, BOOK))
        inbox.handle_atomically(parsed(inbox, BOOK, BOOK))
        assert BorrowingCountRow.objects.get().count == 5

    def test_whose_deferred_write_fails_is_handled_one_by_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def reject_the_rare(model: type[Model], *rows: dict[str, object], on_conflict: str) -> None:
            if any(row["book_id"] == UUID(rare) for row in rows):
                raise IntegrityError
            insert(model, *rows, on_conflict=on_conflict)

        inbox, rare = Inbox("catalog", SUBSCRIPTIONS["catalog"]), str(uuid4())
        monkeypatch.setattr("catalog.adapters.repositories.borrowing_counts.insert", reject_the_rare)
        results = inbox.handle(parsed(inbox, BOOK, rare, BOOK))
        assert [result.status for result in results] == [
            HandlingStatus.DONE,
            HandlingStatus.FAILED,
            HandlingStatus.DONE,
        ]
        assert InboxEntry.objects.count() == BorrowingCountRow.objects.get().count == 2

    def test_that_fails_is_handled_one_by_one_with_a_result_each(self) -> None:
        def remove_the_second(event: ReceivedEvent) -> None:
            if event.id == batch[1].header.id:
                dispatch(RemoveBook(book=uuid4()))
            SUBSCRIPTIONS["catalog"][BORROWED](event)

        inbox = Inbox("catalog", {BORROWED: remove_the_second})
        batch = parsed(inbox, *[BOOK] * 3)
        results = inbox.handle(batch)
        assert [result.status for result in results] == [
            HandlingStatus.DONE,
            HandlingStatus.FAILED,
            HandlingStatus.DONE,
        ]
        assert results[1].reason == "refused: not_found"
        assert InboxEntry.objects.count() == BorrowingCountRow.objects.get().count == 2

    def test_with_a_suppressed_refusal_loses_nothing(self) -> None:
        def suppress_the_last(event: ReceivedEvent) -> None:
            with suppress(NotFound):
                if event.id == batch[2].header.id:
                    dispatch(RemoveBook(book=uuid4()))
                SUBSCRIPTIONS["catalog"][BORROWED](event)

        inbox = Inbox("catalog", {BORROWED: suppress_the_last})
        batch = parsed(inbox, *[BOOK] * 3)
        assert [result.status for result in inbox.handle(batch)] == [HandlingStatus.DONE] * 3
        assert InboxEntry.objects.count() == 3
        assert BorrowingCountRow.objects.get().count == 2
