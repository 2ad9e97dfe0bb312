"""The cost of applying each event once: inbox, command and effect, compared with acknowledging alone."""

from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial

from django.conf import settings
from django.db.models import Sum

from benchmarks import events
from benchmarks.amqp_reference import ReferencePublisher, acknowledge_all
from benchmarks.environment import Environment
from benchmarks.figures import Figure, cpu_figure, ratio_figure
from benchmarks.rounds import InvalidMeasurement, Variant, interleave
from catalog.models import BorrowingCountRow
from outbox.bootstrap import current_topology
from outbox.broker.consumer import PREFETCH, RabbitConsumer
from outbox.consumer import Consumer
from outbox.envelope import ReceivedEvent
from outbox.inbox import Inbox
from outbox.models import InboxEntry
from outbox.subscriptions import Subscriber, subscriptions
from patrons.models import NoticeRow

EVENTS = 2000
_CPU = 4.7  # limit
#: Each context handles a borrowing with a command of its own. The catalogue counts a whole batch with one
#: statement; patrons looks up and writes each notice by itself.
_EFFECTS: Mapping[str, Callable[[], int]] = {
    "catalog": lambda: BorrowingCountRow.objects.aggregate(all=Sum("count"))["all"] or 0,
    "patrons": NoticeRow.objects.count,
}


def measure(environment: Environment, *, rounds: int) -> list[Figure]:
    """Consume the same number of events from queues with the same content."""
    with closing(ReferencePublisher(environment.rabbitmq_url)) as publishing:

        def fill() -> None:
            events.clear_messages()
            BorrowingCountRow.objects.all().delete()
            NoticeRow.objects.all().delete()
            publishing.purge()
            payloads = [event.payload for event in events.borrowings(EVENTS)]
            publishing.pipelined(events.TYPE, payloads, batch_size=500)
            for context in _EFFECTS:
                publishing.expect(context, EVENTS)

        def handled(context: str, count: int) -> None:
            publishing.expect(context, 0)
            receipts = InboxEntry.objects.filter(consumer=context).count()
            effects = _EFFECTS[context]()
            if (receipts, effects) != (count, count):
                raise InvalidMeasurement(
                    f"of {count} events there are {receipts} inbox entries and {effects} effects"
                )

        samples = interleave(
            [
                Variant(name="acknowledging", run=_acknowledging(environment.rabbitmq_url), prepare=fill),
                *(
                    Variant(
                        name=context,
                        run=partial(_consume, context),
                        prepare=fill,
                        check=partial(handled, context),
                    )
                    for context in _EFFECTS
                ),
            ],
            rounds=rounds,
        )
    to_the_reference = partial(
        ratio_figure, samples, reference="acknowledging", against="acknowledging alone"
    )
    return [
        to_the_reference(
            ours="catalog",
            what="consumer: inbox, one command an event, effect, acknowledge",
            goal=0.3,
            limit=0.1,
        ),
        to_the_reference(ours="patrons", what="consumer: the same, where each effect is a notice"),
        cpu_figure(
            samples,
            ours="catalog",
            reference="acknowledging",
            what="consumer: inbox, one command an event, effect, acknowledge",
            against="acknowledging alone",
            limit=_CPU,
        ),
    ]


def _acknowledging(url: str) -> Callable[[], int]:
    return lambda: acknowledge_all(url, next(iter(_EFFECTS)), count=EVENTS, prefetch=PREFETCH)


def _consume(context: str) -> int:
    """Consume as `manage.py consume_events` does, until the last event has taken effect."""
    seen = 0

    def counted(subscriber: Subscriber) -> Subscriber:
        def count(event: ReceivedEvent) -> None:
            nonlocal seen
            subscriber(event)
            seen += 1
            if seen == EVENTS:
                listener.stop()

        return count

    subscribers = {type_: counted(each) for type_, each in subscriptions()[context].items()}
    listener = RabbitConsumer(
        settings.RABBITMQ_URL, current_topology(), Consumer(Inbox(context, subscribers))
    )
    listener.run_forever()
    return seen
