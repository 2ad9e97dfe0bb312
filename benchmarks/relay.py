"""What it costs that no event is lost: drain, publish, confirm and mark, against publishing alone."""

from contextlib import closing
from functools import partial

from benchmarks import events
from benchmarks.broker import Publishing
from benchmarks.figures import Figure, share
from benchmarks.place import Place
from benchmarks.rounds import Variant, Void, interleave
from outbox.bootstrap import current_publisher
from outbox.models import OutboxMessage
from outbox.relay import BATCH_SIZE, drain_all

EVENTS = 6000
#: Confirmed one by one, so many are enough.
FEW = 300
#: The contexts that hear of a borrowing.
_LISTENERS = ("catalog", "patrons")


def measure(place: Place, *, rounds: int) -> list[Figure]:
    """Bring the same events to the same queues."""
    made = events.made(EVENTS)
    payloads = [event.payload for event in made]
    with closing(Publishing(place.rabbitmq_url)) as publishing:

        def fill() -> None:
            publishing.purge()
            events.fill_outbox(made)

        def arrived(count: int) -> None:
            for context in _LISTENERS:
                publishing.expect(context, count)

        def marked(count: int) -> None:
            arrived(count)
            if OutboxMessage.objects.filter(published_at__isnull=True).exists():
                raise Void("the relay left events behind")

        pipelined = partial(publishing.pipelined, events.TYPE, payloads, together=BATCH_SIZE)
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
        share(
            samples,
            ours="relay",
            reference="pipelined",
            what=what,
            against=f"publishing alone, confirmed in batches of {BATCH_SIZE}",
            goal=0.65,
            limit=0.50,
        ),
        share(
            samples,
            ours="relay",
            reference="one by one",
            what=what,
            against="publishing alone, confirmed one by one",
            goal=7.0,
            limit=5.0,
        ),
    ]


def _relay() -> int:
    drained = drain_all(current_publisher(), seconds=60)
    if drained.outage or drained.failed:
        raise Void(f"the relay says {drained}")
    return drained.published
