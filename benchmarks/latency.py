"""The latency from the commit of an event to its effect in another context."""

from statistics import quantiles
from time import sleep

from benchmarks import circulation, events
from benchmarks.environment import Environment
from benchmarks.figures import Figure
from benchmarks.rounds import InvalidMeasurement, Spread
from outbox.models import InboxEntry, OutboxMessage
from tests.services.daemon import wait_until
from tests.system import System

COPIES = 60
_CONTEXT = "catalog"
#: Seconds between two borrowings: no multiple or fraction of the intervals of the relay and of beat.
_APART = 0.137
_PATIENCE = 20.0
_AGAINST = "a borrowing each 0.14 s, counted by the catalogue"


def measure(environment: Environment, *, rounds: int) -> list[Figure]:
    """Borrow at a steady pace, with the resident relay and with beat alone."""
    lendings = circulation.create_lendings(copies=COPIES)
    settings = {"DATABASE_URL": environment.database_url, "RABBITMQ_URL": environment.rabbitmq_url}
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


def _delays(lendings: circulation.Lendings) -> list[float]:
    """The seconds from recording each event, right before its commit, to its inbox entry."""
    circulation.delete_loans()
    for lending in lendings:
        circulation.borrow(lending)
        sleep(_APART)
    received = InboxEntry.objects.filter(consumer=_CONTEXT)
    if not wait_until(lambda: received.count() == len(lendings), seconds=_PATIENCE):
        raise InvalidMeasurement(f"{received.count()} of {len(lendings)} events were received")
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
