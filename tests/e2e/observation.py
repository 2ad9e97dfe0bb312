"""Observes a running installation: its events at the broker, its mails, and whether they are complete."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import amqp

from library_project.subscriptions import SUBSCRIPTIONS
from tests.fakes.sendgrid import FakeSendGrid
from tests.services.daemon import wait_until
from tests.system import System

BORROWED, RETURNED = "lending.book_borrowed.v1", "lending.book_returned.v1"
_TROUBLE = re.compile(r"Traceback|database is locked|Internal Server Error|deadlock detected")


def logged_errors(said: str) -> str:
    """The first error or traceback in a log, with the lines around it, or an empty string."""
    found = _TROUBLE.search(said)
    return said[max(0, found.start() - 500) : found.end() + 3000] if found else ""


def eventually(
    holds: Callable[[], object], *, within: float, instead: Callable[[], object] = lambda: "nothing"
) -> None:
    """Wait until it holds; fail when it doesn't within so many seconds, and tell what there was `instead`."""
    if not wait_until(lambda: bool(holds()), seconds=within):
        raise AssertionError(f"not within {within} s, but {instead()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMessage:
    """A message received from the broker."""

    routing_key: str
    content_type: str
    persistent: bool
    text: str

    @property
    def event(self) -> dict[str, Any]:  # CloudEvents JSON
        """The event in the message."""
        parsed: dict[str, Any] = json.loads(self.text)
        return parsed


@dataclass(slots=True)
class EventListener:
    """A private queue at the library's exchange."""

    channel: amqp.Channel
    queue: str
    messages: list[ReceivedMessage] = field(default_factory=list)

    def about(self, subject: str) -> list[ReceivedMessage]:
        """The messages received so far about an aggregate, in order."""
        return [each for each in self.listen() if each.event["subject"] == subject]

    def listen(self) -> list[ReceivedMessage]:
        """All messages received so far, in order."""
        while message := self.channel.basic_get(self.queue, no_ack=True):
            properties = message.properties
            self.messages.append(
                ReceivedMessage(
                    routing_key=message.delivery_info["routing_key"],
                    content_type=properties.get("content_type", ""),
                    persistent=properties.get("delivery_mode") == 2,
                    text=message.body if isinstance(message.body, str) else message.body.decode(),
                )
            )
        return self.messages


@contextmanager
def event_listener(url: str, *, to: str) -> Iterator[EventListener]:
    """A listener at the exchange, for events whose type matches a pattern."""
    with connected(url) as connection:
        channel = connection.channel()
        channel.exchange_declare("library_events", "topic", durable=True, auto_delete=False)
        queue = f"ear-{uuid4()}"
        channel.queue_declare(queue, exclusive=True)
        channel.queue_bind(queue, "library_events", to)
        yield EventListener(channel, queue)


def queue_length(queue: str, url: str) -> int:
    """How many messages wait to be delivered: as the queue counts now, not as the broker's statistics say."""
    with connected(url) as connection:
        declared = connection.channel().queue_declare(queue, passive=True)
        assert declared
        return int(declared[1])


def connected(url: str) -> amqp.Connection:
    """Connect to a broker by its URL, past the product."""
    place = urlsplit(url)
    return amqp.Connection(
        f"{place.hostname}:{place.port}",
        userid=place.username or "guest",
        password=place.password or "guest",
        virtual_host=place.path.lstrip("/") or "/",
    )


class DeliveryLedger:
    """Compares the committed events with their deliveries and effects."""

    def __init__(self, system: System, sendgrid: FakeSendGrid) -> None:
        self._system = system
        self._sendgrid = sendgrid

    def comes_out_even(self, *, within: float) -> None:
        """Wait until nothing is under way any more; then nothing may be lost, twice or out of order."""
        eventually(lambda: not any(self.under_way().values()), within=within, instead=self.under_way)
        events = self._events()
        for consumer, types in SUBSCRIPTIONS.items():
            received = Counter(
                self._ids(f"SELECT event_id FROM outbox_inboxreceipt WHERE consumer = '{consumer}'")
            )
            assert received == Counter(id_ for id_, type_ in events if type_ in types)
        assert self._number("SELECT sum(count) FROM catalog_borrowingcountrow") == self._count(BORROWED)
        assert self._number("SELECT count(*) FROM lending_loan") == self._count(BORROWED)
        assert self._number("SELECT count(*) FROM lending_loan WHERE state = 'returned'") == self._count(
            RETURNED
        )
        told = set(self._ids("SELECT event_id FROM patrons_noticerow"))
        assert told >= {id_ for id_, type_ in events if type_ in {BORROWED, RETURNED}}
        letters = Counter(notice.replace("-", "") for notice in self._sendgrid.notices)
        assert letters == Counter(self._ids("SELECT id FROM patrons_noticerow"))
        gaps = "HAVING min(aggregate_version) <> 1 OR max(aggregate_version) <> count(*)"
        assert not self._system.rows(
            f"SELECT aggregate_id FROM outbox_outboxmessage GROUP BY aggregate_id {gaps}"
        )

    def under_way(self) -> dict[str, int]:
        """How many of what are still to come, asked along the way that they go, lest any slip through."""
        ask = self._number
        unpublished = ask("SELECT count(*) FROM outbox_outboxmessage WHERE published_at IS NULL")
        missing = {
            f"not received by {consumer}": sum(map(self._count, types))
            - ask(f"SELECT count(*) FROM outbox_inboxreceipt WHERE consumer = '{consumer}'")
            for consumer, types in SUBSCRIPTIONS.items()
        }
        quarantined = ask("SELECT count(*) FROM outbox_quarantinedmessage")
        unsent = ask("SELECT count(*) FROM patrons_noticerow WHERE state <> 'accepted'")
        return {"unpublished": unpublished, **missing, "quarantined": quarantined, "unsent": unsent}

    def _events(self) -> list[tuple[str, str]]:
        rows = self._system.rows("SELECT event_id, type FROM outbox_outboxmessage")
        return [(plain(id_), type_) for id_, type_ in rows]

    def _count(self, type_: str) -> int:
        return self._number(f"SELECT count(*) FROM outbox_outboxmessage WHERE type = '{type_}'")

    def _ids(self, query: str) -> list[str]:
        return [plain(id_) for (id_,) in self._system.rows(query)]

    def _number(self, query: str) -> int:
        [(number,)] = self._system.rows(query)
        return number or 0


def plain(id_: object) -> str:
    """An id's hexadecimal digits, as either database gives it."""
    return str(id_).replace("-", "")
