"""What it costs that each event takes effect once: inbox, command and effect, against acknowledging alone."""

from collections.abc import Callable
from contextlib import closing

from django.conf import settings

from benchmarks import events
from benchmarks.broker import Publishing, acknowledge_all
from benchmarks.figures import Figure, share
from benchmarks.place import Place
from benchmarks.rounds import Variant, Void, interleave
from outbox.broker.listener import PREFETCH, Listener
from outbox.broker.topology import current_topology
from outbox.consumer import Consumer
from outbox.envelope import ReceivedEvent
from outbox.inbox import Inbox
from outbox.models import InboxReceipt
from outbox.subscriptions import Subscriber, subscriptions

EVENTS = 2000
#: It counts borrowings: one command for an event, whose effect is one row.
_CONTEXT = "catalog"


def measure(place: Place, *, rounds: int) -> list[Figure]:
    """Take the same number of events from the same queue."""
    with closing(Publishing(place.rabbitmq_url)) as publishing:

        def fill() -> None:
            events.forget()
            publishing.purge()
            payloads = [event.payload for event in events.made(EVENTS)]
            publishing.pipelined(events.TYPE, payloads, together=500)
            publishing.expect(_CONTEXT, EVENTS)

        def handled(count: int) -> None:
            publishing.expect(_CONTEXT, 0)
            found = InboxReceipt.objects.filter(consumer=_CONTEXT).count()
            if found != count:
                raise Void(f"there are {found} receipts of {count} events")

        samples = interleave(
            [
                Variant(name="acknowledging", run=_acknowledging(place.rabbitmq_url), prepare=fill),
                Variant(name="consumer", run=_consume, prepare=fill, check=handled),
            ],
            rounds=rounds,
        )
    return [
        share(
            samples,
            ours="consumer",
            reference="acknowledging",
            what="consumer: inbox, one command an event, effect, acknowledge",
            against="acknowledging alone",
            goal=0.3,
            limit=0.1,
        )
    ]


def _acknowledging(url: str) -> Callable[[], int]:
    return lambda: acknowledge_all(url, _CONTEXT, count=EVENTS, prefetch=PREFETCH)


def _consume() -> int:
    """Listen as `manage.py consume_events` does, until the last event has taken effect."""
    seen = 0

    def counted(subscriber: Subscriber) -> Subscriber:
        def count(event: ReceivedEvent) -> None:
            nonlocal seen
            subscriber(event)
            seen += 1
            if seen == EVENTS:
                listener.stop()

        return count

    subscribers = {type_: counted(each) for type_, each in subscriptions()[_CONTEXT].items()}
    listener = Listener(settings.RABBITMQ_URL, current_topology(), Consumer(Inbox(_CONTEXT, subscribers)))
    listener.listen()
    return seen
