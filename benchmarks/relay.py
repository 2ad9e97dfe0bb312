"""The cost of losing no event: drain, publish, confirm and mark, compared with publishing alone."""

from contextlib import closing
from functools import partial

from benchmarks import events
from benchmarks.amqp_reference import ReferencePublisher
from benchmarks.environment import Environment
from benchmarks.figures import Figure, cpu_figure, ratio_figure
from benchmarks.rounds import InvalidMeasurement, Variant, interleave
from outbox.bootstrap import current_publisher
from outbox.models import OutboxMessage
from outbox.relay import BATCH_SIZE, drain_all

EVENTS = 6000
#: The number of events that are confirmed one by one.
FEW = 300
_CPU = 1.6  # limit
#: The contexts that subscribe to borrowings.
_LISTENERS = ("catalog", "patrons")


def measure(environment: Environment, *, rounds: int) -> list[Figure]:
    """Publish the same events to the same queues."""
    made = events.borrowings(EVENTS)
    payloads = [event.payload for event in made]
    with closing(ReferencePublisher(environment.rabbitmq_url)) as publishing:

        def fill() -> None:
            publishing.purge()
            events.fill_outbox(made)

        def arrived(count: int) -> None:
            for context in _LISTENERS:
                publishing.expect(context, count)

        def marked(count: int) -> None:
            arrived(count)
            if OutboxMessage.objects.filter(published_at__isnull=True).exists():
                raise InvalidMeasurement("the relay did not publish all events")

        pipelined = partial(publishing.pipelined, events.TYPE, payloads, batch_size=BATCH_SIZE)
        one_by_one = partial(publishing.one_by_one, events.TYPE, payloads[:FEW])
        samples = interleave(
            [
                Variant(name="pipelined", run=pipelined, prepare=publishing.purge, check=arrived),
                Variant(name="relay", run=_relay, prepare=fill, check=marked),
                Variant(name="one by one", run=one_by_one, prepare=publishing.purge, check=arrived),
            ],
            rounds=rounds,
        )
    what = "relay: drain, publish, confirm, mark"
    return [
        ratio_figure(
            samples,
            ours="relay",
            reference="pipelined",
            what=what,
            against=f"publishing alone, confirmed in batches of {BATCH_SIZE}",
            goal=0.65,
            limit=0.50,
        ),
        ratio_figure(
            samples,
            ours="relay",
            reference="one by one",
            what=what,
            against="publishing alone, confirmed one by one",
            goal=7.0,
            limit=5.0,
        ),
        cpu_figure(
            samples,
            ours="relay",
            reference="pipelined",
            what=what,
            against=f"publishing alone, confirmed in batches of {BATCH_SIZE}",
            limit=_CPU,
        ),
    ]


def _relay() -> int:
    drained = drain_all(current_publisher(), seconds=60)
    if drained.outage or drained.failed:
        raise InvalidMeasurement(f"the relay says {drained}")
    return drained.published
