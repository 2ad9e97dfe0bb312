"""The memory of the relay with a million pending events, compared with few."""

from pathlib import Path

from django.db import connection

from benchmarks import events
from benchmarks.environment import Environment
from benchmarks.figures import Figure
from benchmarks.rounds import InvalidMeasurement, Spread
from outbox.models import OutboxMessage
from tests.services.daemon import wait_until
from tests.system import System

FEW, MANY = 10_000, 1_000_000
#: The peak is read when the relay has published this many events.
PUBLISHED = 8_000
_PATIENCE = 60.0
_AGAIN = """
    INSERT INTO outbox_outboxmessage (event_id, type, aggregate_id, aggregate_version, payload, recorded_at,
        attempts, failure)
    SELECT gen_random_uuid(), type, gen_random_uuid(), 1, payload, recorded_at, 0, ''
    FROM outbox_outboxmessage, generate_series(2, %s)"""


def measure(environment: Environment, *, rounds: int) -> list[Figure]:
    """Start the resident relay with few and with many pending events."""
    with System(
        DATABASE_URL=environment.database_url, RABBITMQ_URL=environment.rabbitmq_url, LOG_FORMAT="json"
    ) as system:
        few, many = ([_peak(system, pending) for _ in range(max(1, rounds // 3))] for pending in (FEW, MANY))
    return [
        Figure(
            what=f"relay's memory, {MANY} events pending",
            against=f"{FEW} pending",
            spread=Spread.of([more / less for less, more in zip(few, many, strict=True)]),
            goal=1.3,
            limit=1.5,
            less_is_better=True,
            samples={"kibibytes, few": few, "kibibytes, many": many},
        )
    ]


def _peak(system: System, pending: int) -> int:
    """The peak memory of the relay in KiB after its first batches."""
    events.fill_outbox(events.borrowings(1))
    with connection.cursor() as cursor:
        cursor.execute(_AGAIN, [pending])
        cursor.execute("ANALYZE outbox_outboxmessage")
    system.start("relay")
    published = OutboxMessage.objects.filter(published_at__isnull=False)
    if not wait_until(lambda: published[:PUBLISHED].count() >= PUBLISHED, seconds=_PATIENCE):
        raise InvalidMeasurement(f"the relay published {published.count()} of {pending}")
    status = Path(f"/proc/{system.processes['relay'].pid}/status").read_text()
    system.stop("relay")
    return int(status.partition("VmHWM:")[2].split()[0])
