"""How long it takes from the commit of an event until it takes effect in another context."""

from statistics import quantiles
from time import sleep

from benchmarks import desk, events
from benchmarks.figures import Figure
from benchmarks.place import Place
from benchmarks.rounds import Spread, Void
from outbox.models import InboxEntry, OutboxMessage
from tests.services.daemon import wait_until
from tests.system import System

COPIES = 60
_CONTEXT = "catalog"
#: Seconds between two borrowings: no part of the rhythm of the relay, nor of the clock.
_APART = 0.137
_PATIENCE = 20.0
_AGAINST = "a borrowing each 0.14 s, counted by the catalogue"


def measure(place: Place, *, rounds: int) -> list[Figure]:
    """Borrow at a desk's pace, with the resident relay about, and with the clock's ticks alone."""
    lendings = desk.opened(copies=COPIES)
    settings = {"DATABASE_URL": place.database_url, "RABBITMQ_URL": place.rabbitmq_url}
    with System(**settings, LOG_FORMAT="json") as system:
        system.start("worker", "beat", f"consumer-{_CONTEXT}")
        ticks = [_delays(lendings) for _ in range(rounds)]
        system.start("relay")
        resident = [_delays(lendings) for _ in range(rounds)]
    return [
        _figure("commit to consumer, p50, resident relay", resident, percent=50, goal=50, limit=100),
        _figure("commit to consumer, p99, resident relay", resident, percent=99),
        _figure("commit to consumer, p50, beat alone", ticks, percent=50),
        _figure("commit to consumer, p99, beat alone", ticks, percent=99, goal=1200, limit=2400),
    ]


def _delays(lendings: desk.Lendings) -> list[float]:
    """The seconds from each event's record, right before its commit, to its receipt, in its effect's."""
    desk.clear()
    for lending in lendings:
        desk.borrow(lending)
        sleep(_APART)
    received = InboxEntry.objects.filter(consumer=_CONTEXT)
    if not wait_until(lambda: received.count() == len(lendings), seconds=_PATIENCE):
        raise Void(f"{received.count()} of {len(lendings)} events were received")
    received_at = dict(received.values_list("event_id", "received_at"))
    recorded_at = OutboxMessage.objects.filter(type=events.TYPE).values_list("event_id", "recorded_at")
    return [(received_at[event] - at).total_seconds() for event, at in recorded_at]


def _figure(
    what: str,
    rounds: list[list[float]],
    *,
    percent: int,
    goal: float | None = None,
    limit: float | None = None,
) -> Figure:
    found = [quantiles(delays, n=100)[percent - 1] * 1e3 for delays in rounds]
    return Figure(
        what=what,
        against=_AGAINST,
        spread=Spread.of(found),
        goal=goal,
        limit=limit,
        unit="ms",
        less_is_better=True,
        samples={"seconds": [each for delays in rounds for each in delays]},
    )
