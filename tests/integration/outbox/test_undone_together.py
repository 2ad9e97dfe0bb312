"""Events of one batch share a transaction, and none pays for a savepoint of its own."""

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
from outbox.inbox import Arrival, HandlingStatus, Inbox, Reception
from outbox.models import InboxReceipt
from shared_kernel.domain.errors import NotFound
from shared_kernel.services.commands import dispatch
from shared_kernel.sql import insert
from tests.services.home import ROOT

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

BORROWED = "lending.book_borrowed.v1"
EXAMPLE = json.loads((ROOT / "docs" / "events" / f"{BORROWED}.example.json").read_text())
BOOK = str(uuid4())


def arrivals(inbox: Inbox, *books: str) -> list[Arrival]:
    events = [
        EXAMPLE
        | {"id": str(uuid4()), "subject": str(uuid4())}
        | {"data": EXAMPLE["data"] | {"book_id": book}}
        for book in books
    ]
    return [inbox.open(json.dumps(event).encode()) for event in events]


class Statements(list[str]):
    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204 - Django's signature
        self.append(sql)
        return execute(sql, params, many, context)


class TestABatch:
    def test_counts_its_borrowings_with_one_statement_and_no_savepoint(self) -> None:
        inbox = Inbox("catalog", SUBSCRIPTIONS["catalog"])
        rare = str(uuid4())
        batch = arrivals(inbox, *[BOOK] * 5, rare, *[BOOK] * 4)
        with connection.execute_wrapper(statements := Statements()):
            assert inbox.take_together(batch) == [Reception.HANDLED] * 10
        assert not [each for each in statements if "SAVEPOINT" in each]
        assert sum(BorrowingCountRow._meta.db_table in each for each in statements) == 1
        counts = dict(BorrowingCountRow.objects.values_list("book_id", "count"))
        assert counts == {UUID(BOOK): 9, UUID(rare): 1}

    def test_adds_to_what_was_counted_before(self) -> None:
        inbox = Inbox("catalog", SUBSCRIPTIONS["catalog"])
        inbox.take_together(arrivals(inbox, BOOK, BOOK))
        inbox.take_together(arrivals(inbox, BOOK))
        inbox.take_together(arrivals(inbox, BOOK, BOOK))
        assert BorrowingCountRow.objects.get().count == 5

    def test_whose_common_statement_fails_is_handled_one_by_one(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse_the_rare(model: type[Model], *rows: dict[str, object], on_conflict: str) -> None:
            if any(row["book_id"] == UUID(rare) for row in rows):
                raise IntegrityError
            insert(model, *rows, on_conflict=on_conflict)

        inbox, rare = Inbox("catalog", SUBSCRIPTIONS["catalog"]), str(uuid4())
        monkeypatch.setattr("catalog.adapters.repositories.borrowing_counts.insert", refuse_the_rare)
        verdicts = inbox.take(arrivals(inbox, BOOK, rare, BOOK))
        assert [verdict.fate for verdict in verdicts] == [
            HandlingStatus.SETTLED,
            HandlingStatus.FAILED,
            HandlingStatus.SETTLED,
        ]
        assert InboxReceipt.objects.count() == BorrowingCountRow.objects.get().count == 2

    def test_that_fails_is_handled_one_by_one_and_each_keeps_its_own_fate(self) -> None:
        def remove_the_second(event: ReceivedEvent) -> None:
            if event.id == batch[1].label.id:
                dispatch(RemoveBook(book=uuid4()))
            SUBSCRIPTIONS["catalog"][BORROWED](event)

        inbox = Inbox("catalog", {BORROWED: remove_the_second})
        batch = arrivals(inbox, *[BOOK] * 3)
        verdicts = inbox.take(batch)
        assert [verdict.fate for verdict in verdicts] == [
            HandlingStatus.SETTLED,
            HandlingStatus.FAILED,
            HandlingStatus.SETTLED,
        ]
        assert verdicts[1].reason == "refused: not_found"
        assert InboxReceipt.objects.count() == BorrowingCountRow.objects.get().count == 2

    def test_in_which_a_subscriber_takes_a_refusal_lightly_loses_nothing(self) -> None:
        def make_light_of_the_last(event: ReceivedEvent) -> None:
            with suppress(NotFound):
                if event.id == batch[2].label.id:
                    dispatch(RemoveBook(book=uuid4()))
                SUBSCRIPTIONS["catalog"][BORROWED](event)

        inbox = Inbox("catalog", {BORROWED: make_light_of_the_last})
        batch = arrivals(inbox, *[BOOK] * 3)
        assert [verdict.fate for verdict in inbox.take(batch)] == [HandlingStatus.SETTLED] * 3
        assert InboxReceipt.objects.count() == 3
        assert BorrowingCountRow.objects.get().count == 2
