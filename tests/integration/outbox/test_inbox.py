"""Handling messages on the real database: each takes effect once, in the transaction of its inbox entry."""

from collections.abc import Callable
from uuid import UUID

import msgspec
import pytest
from django.db import OperationalError, connection, connections

from outbox.database_outage import DatabaseUnavailable
from outbox.inbound import InboundMessage
from outbox.inbox import HandlingStatus, Inbox
from outbox.models import InboxEntry, OutboxMessage, QuarantinedMessage
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


def handle(inbox: Inbox, *messages: bytes) -> list[HandlingStatus]:
    return [result.status for result in inbox.handle([inbox.parse(message) for message in messages])]


class TestHandling:
    def test_applies_each_event_once(self, inbox: Inbox) -> None:
        events = commit(*things(3))
        messages = payloads(*events)
        assert handle(inbox, *messages, *messages) == [HandlingStatus.DONE] * 6
        assert handle(inbox, *messages) == [HandlingStatus.DONE] * 3
        assert [effect.event_id for effect in effects()] == events
        assert InboxEntry.objects.count() == 3

    def test_inserts_all_entries_at_once(self, inbox: Inbox) -> None:
        messages = [inbox.parse(message) for message in payloads(*commit(*things(50)))]
        with connection.execute_wrapper(counting := Counting()):
            inbox.handle(messages)
        assert counting.inserts == 1

    def test_leaves_no_entry_if_the_subscriber_fails(self, inbox: Inbox) -> None:
        [message] = payloads(*commit(*things(1), poison=True))
        [result] = inbox.handle([inbox.parse(message)])
        assert result.status is HandlingStatus.FAILED
        assert result.reason == "Poisoned: this can't be handled"
        assert effects() == []
        assert not InboxEntry.objects.exists()

    def test_handles_the_rest_of_a_batch_if_one_fails(self, inbox: Inbox) -> None:
        bad, *good = commit(*things(1), poison=True) + commit(*things(3))
        statuses = handle(inbox, *payloads(good[0], bad, good[1], good[2]))
        assert statuses == [
            HandlingStatus.DONE,
            HandlingStatus.FAILED,
            HandlingStatus.DONE,
            HandlingStatus.DONE,
        ]
        assert [effect.event_id for effect in effects()] == good

    def test_blocks_the_later_events_of_a_failed_ones_aggregate(self, inbox: Inbox) -> None:
        [subject] = things(1)
        bad = commit(subject, poison=True)
        later = commit(subject, first_version=2)
        assert handle(inbox, *payloads(*bad, *later)) == [HandlingStatus.FAILED, HandlingStatus.BLOCKED]
        assert effects() == []


class Counting:
    inserts = 0

    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204 - Django's signature
        self.inserts += InboxEntry._meta.db_table in sql and sql.startswith("INSERT")
        return execute(sql, params, many, context)


class TestAnInvalidMessage:
    @pytest.mark.parametrize(
        ("damage", "reason"),
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
    def test_is_quarantined_at_once_and_once_while_others_are_handled(
        self, inbox: Inbox, damage: Callable[[bytes], bytes], reason: str
    ) -> None:
        good = commit(*things(2))
        [pattern] = payloads(good[0])
        bad = damage(pattern)
        assert handle(inbox, *payloads(*good), bad, bad) == [HandlingStatus.DONE] * 4
        assert handle(inbox, bad) == [HandlingStatus.DONE]
        kept = QuarantinedMessage.objects.get()
        assert reason in kept.reason
        assert bytes(kept.payload) == bad
        assert len(kept.digest) == 64
        assert [effect.event_id for effect in effects()] == good

    def test_may_reuse_an_id_with_another_content(self, inbox: Inbox) -> None:
        [event] = commit(*things(1))
        [original] = payloads(event)
        forged = changed(original, correlationid="another")
        assert handle(inbox, original, forged) == [HandlingStatus.DONE] * 2
        assert handle(inbox, forged) == [HandlingStatus.DONE]
        assert "used before" in QuarantinedMessage.objects.get(event_id=event).reason
        assert len(effects()) == 1

    def test_is_quarantined_without_characters_that_the_database_rejects(self, inbox: Inbox) -> None:
        inbox.quarantine(inbox.parse(b'{"type": "things.\\u0000", "id": 3}'), reason="with a \0 and \ud800")
        assert QuarantinedMessage.objects.get().reason == "with a  and ?"


class TestAMessageWithoutSubscriber:
    @pytest.mark.parametrize("type_", ["things.thing_unsubscribed.v1", "elsewhere.x.v1", "x"])
    def test_is_ignored_and_counted(self, inbox: Inbox, type_: str) -> None:
        [message] = payloads(*commit(*things(1)))
        assert handle(inbox, changed(message, type=type_)) == [HandlingStatus.DONE]
        assert inbox.ignored == {type_: 1}
        assert not QuarantinedMessage.objects.exists()
        assert not InboxEntry.objects.exists()

    def test_needs_no_valid_content(self, inbox: Inbox) -> None:
        assert handle(inbox, b'{"type": "elsewhere.x.v1", "subject": "no id at all"}') == [
            HandlingStatus.DONE
        ]
        assert not QuarantinedMessage.objects.exists()


class TestADatabaseOutage:
    def test_is_no_failed_attempt(self, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
        def lost(*_: object) -> None:
            raise OperationalError("terminating connection")

        [message] = payloads(*commit(*things(1)))
        inbound: InboundMessage = inbox.parse(message)
        monkeypatch.setattr(InboxEntry.objects, "insert_new", lost)
        monkeypatch.setattr(connections["default"], "is_usable", lambda: False)
        with pytest.raises(DatabaseUnavailable):
            inbox.handle([inbound])
        monkeypatch.undo()
        assert handle(inbox, message) == [HandlingStatus.DONE]

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one lock, and waits for it")
    def test_includes_a_lock_timeout(self, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
        def locked(*_: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE SQLSTATE '55P03'; END $$")

        [message] = payloads(*commit(*things(1)))
        monkeypatch.setattr(InboxEntry.objects, "insert_new", locked)
        with pytest.raises(DatabaseUnavailable):
            inbox.handle([inbox.parse(message)])

    def test_does_not_include_a_rejected_statement(
        self, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no_such_column(*_: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT never_migrated FROM test_effects")

        [message] = payloads(*commit(*things(1)))
        monkeypatch.setattr(InboxEntry.objects, "insert_new", no_such_column)
        [result] = inbox.handle([inbox.parse(message)])
        assert result.status is HandlingStatus.FAILED
        assert "never_migrated" in result.reason
        assert result.retry_delay > 1, "a missing migration is not fixed at once"
