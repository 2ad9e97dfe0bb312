"""Handling messages on the real database: each takes effect once, in the transaction of its receipt."""

from collections.abc import Callable
from uuid import UUID

import msgspec
import pytest
from django.db import OperationalError, connection, connections

from outbox.inbox import Arrival, DatabaseAway, HandlingStatus, Inbox
from outbox.models import InboxReceipt, OutboxMessage, QuarantinedMessage
from tests.fakes import ledger
from tests.fakes.ledger import commit, effects, things

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("listening"),
]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox("shelf", ledger.SUBSCRIPTIONS["shelf"])


def payloads(*events: UUID) -> list[bytes]:
    stored = dict(OutboxMessage.objects.values_list("event_id", "payload"))
    return [stored[event].encode() for event in events]


def changed(payload: bytes, **values: object) -> bytes:
    envelope = msgspec.json.decode(payload)
    return msgspec.json.encode(
        {name: value for name, value in {**envelope, **values}.items() if value is not ...}
    )


def taken(inbox: Inbox, *messages: bytes) -> list[HandlingStatus]:
    return [verdict.fate for verdict in inbox.take([inbox.open(message) for message in messages])]


class TestTaking:
    def test_lets_each_event_take_effect_once(self, inbox: Inbox) -> None:
        events = commit(*things(3))
        messages = payloads(*events)
        assert taken(inbox, *messages, *messages) == [HandlingStatus.SETTLED] * 6
        assert taken(inbox, *messages) == [HandlingStatus.SETTLED] * 3
        assert [effect.event_id for effect in effects()] == events
        assert InboxReceipt.objects.count() == 3

    def test_inserts_all_receipts_at_once(self, inbox: Inbox) -> None:
        arrivals = [inbox.open(message) for message in payloads(*commit(*things(50)))]
        with connection.execute_wrapper(counting := Counting()):
            inbox.take(arrivals)
        assert counting.inserted_receipts == 1

    def test_leaves_no_receipt_where_the_effect_failed(self, inbox: Inbox) -> None:
        [message] = payloads(*commit(*things(1), poison=True))
        [verdict] = inbox.take([inbox.open(message)])
        assert verdict.fate is HandlingStatus.FAILED
        assert verdict.reason == "Poisoned: this can't be handled"
        assert effects() == []
        assert not InboxReceipt.objects.exists()

    def test_handles_the_others_of_a_batch_where_one_fails(self, inbox: Inbox) -> None:
        bad, *good = commit(*things(1), poison=True) + commit(*things(3))
        fates = taken(inbox, *payloads(good[0], bad, good[1], good[2]))
        assert fates == [
            HandlingStatus.SETTLED,
            HandlingStatus.FAILED,
            HandlingStatus.SETTLED,
            HandlingStatus.SETTLED,
        ]
        assert [effect.event_id for effect in effects()] == good

    def test_holds_the_later_events_of_a_failed_ones_aggregate(self, inbox: Inbox) -> None:
        [subject] = things(1)
        bad = commit(subject, poison=True)
        later = commit(subject, first_version=2)
        assert taken(inbox, *payloads(*bad, *later)) == [HandlingStatus.FAILED, HandlingStatus.HELD]
        assert effects() == []


class Counting:
    inserted_receipts = 0

    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204 - Django's signature
        self.inserted_receipts += InboxReceipt._meta.db_table in sql and sql.startswith("INSERT")
        return execute(sql, params, many, context)


class TestWhatCannotBeHandled:
    @pytest.mark.parametrize(
        ("flawed", "reason"),
        [
            (lambda _: b"not JSON", "unreadable"),
            (lambda _: b"\xff\xfe\x00", "unreadable"),
            (lambda good: changed(good, time="2024-01-15T10:00:00"), "no offset"),
            (lambda good: changed(good, type="things.thing_happened.v7"), "unknown version"),
            (lambda good: changed(good, data=...), "data"),
            (lambda good: changed(good, subject="\0"), "unreadable"),
        ],
        ids=["not JSON", "not text", "naive time", "unknown version", "no data", "a NUL"],
    )
    def test_is_quarantined_once_and_at_once_while_the_others_pass(
        self, inbox: Inbox, flawed: Callable[[bytes], bytes], reason: str
    ) -> None:
        good = commit(*things(2))
        [pattern] = payloads(good[0])
        bad = flawed(pattern)
        assert taken(inbox, *payloads(*good), bad, bad) == [HandlingStatus.SETTLED] * 4
        assert taken(inbox, bad) == [HandlingStatus.SETTLED]
        kept = QuarantinedMessage.objects.get()
        assert reason in kept.reason
        assert bytes(kept.payload) == bad
        assert len(kept.digest) == 64
        assert [effect.event_id for effect in effects()] == good

    def test_includes_an_id_that_comes_with_another_content(self, inbox: Inbox) -> None:
        [event] = commit(*things(1))
        [original] = payloads(event)
        forged = changed(original, correlationid="another")
        assert taken(inbox, original, forged) == [HandlingStatus.SETTLED] * 2
        assert taken(inbox, forged) == [HandlingStatus.SETTLED]
        assert "used before" in QuarantinedMessage.objects.get(event_id=event).reason
        assert len(effects()) == 1

    def test_has_a_name_that_the_database_can_store(self, inbox: Inbox) -> None:
        inbox.quarantine(inbox.open(b'{"type": "things.\\u0000", "id": 3}'), reason="with a \0 and \ud800")
        assert QuarantinedMessage.objects.get().reason == "with a  and ?"


class TestWhatNobodyListensTo:
    @pytest.mark.parametrize("type_", ["things.thing_passed.v1", "elsewhere.x.v1", "x"])
    def test_is_passed_over_and_counted(self, inbox: Inbox, type_: str) -> None:
        [message] = payloads(*commit(*things(1)))
        assert taken(inbox, changed(message, type=type_)) == [HandlingStatus.SETTLED]
        assert inbox.passed_over == {type_: 1}
        assert not QuarantinedMessage.objects.exists()
        assert not InboxReceipt.objects.exists()

    def test_may_look_as_it_likes(self, inbox: Inbox) -> None:
        assert taken(inbox, b'{"type": "elsewhere.x.v1", "subject": "no id at all"}') == [
            HandlingStatus.SETTLED
        ]
        assert not QuarantinedMessage.objects.exists()


class TestADatabaseThatIsAway:
    def test_is_no_messages_fault(self, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
        def lost(*_: object) -> None:
            raise OperationalError("terminating connection")

        [message] = payloads(*commit(*things(1)))
        arrival: Arrival = inbox.open(message)
        monkeypatch.setattr(InboxReceipt.objects, "insert_new", lost)
        monkeypatch.setattr(connections["default"], "is_usable", lambda: False)
        with pytest.raises(DatabaseAway):
            inbox.take([arrival])
        monkeypatch.undo()
        assert taken(inbox, message) == [HandlingStatus.SETTLED]

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one lock, and waits for it")
    def test_is_what_a_lock_makes_it_that_somebody_holds_too_long(
        self, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def locked(*_: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE SQLSTATE '55P03'; END $$")

        [message] = payloads(*commit(*things(1)))
        monkeypatch.setattr(InboxReceipt.objects, "insert_new", locked)
        with pytest.raises(DatabaseAway):
            inbox.take([inbox.open(message)])

    def test_is_told_from_one_that_refuses_a_statement(
        self, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no_such_column(*_: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT never_migrated FROM test_effects")

        [message] = payloads(*commit(*things(1)))
        monkeypatch.setattr(InboxReceipt.objects, "insert_new", no_such_column)
        [verdict] = inbox.take([inbox.open(message)])
        assert verdict.fate is HandlingStatus.FAILED
        assert "never_migrated" in verdict.reason
        assert verdict.first_wait > 1, "a migration takes its time"
