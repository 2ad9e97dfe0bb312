"""What can go wrong: each fault is a block, hurtful while it lasts and cured at its end."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from random import Random
from subprocess import TimeoutExpired

import amqp
import psycopg

from library_project.subscriptions import SUBSCRIPTIONS
from outbox.broker.topology import dead_letter_queue_name, queue_name
from tests.chaos.installation import Installation
from tests.e2e.installation import EVERYTHING
from tests.e2e.observation import connected

Inflict = Callable[[Installation, str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A kind of fault, what it may hit, and how many seconds it lasts at least and at most."""

    name: str
    inflict: Inflict
    targets: tuple[str, ...]
    lasts: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A fault that will happen so many seconds after the one before of its lane."""

    fault: Fault
    target: str
    pause: float
    lasts: float


def plan(lane: str, seed: int, *, seconds: float) -> list[Planned]:
    """What happens in a lane: the same for the same seed. Every kind comes once before any comes again."""
    random = Random(f"{seed} {lane}")
    planned: list[Planned] = []
    bag: list[Fault] = []
    total = 0.0
    while total < seconds:
        if not bag:
            bag = list(LANES[lane])
            random.shuffle(bag)
        fault = bag.pop()
        planned.append(
            Planned(
                fault=fault,
                target=random.choice(fault.targets),
                pause=random.uniform(*PAUSES[lane]),
                lasts=random.uniform(*fault.lasts),
            )
        )
        total += planned[-1].pause + planned[-1].lasts
    return planned


@contextmanager
def _kill(library: Installation, name: str) -> Iterator[None]:
    library.supervisor.expect_end(name)
    library.system.processes[name].kill()
    yield


@contextmanager
def _terminate(library: Installation, name: str) -> Iterator[None]:
    library.supervisor.expect_end(name)
    library.system.processes[name].stop()
    yield


@contextmanager
def _die_at(library: Installation, failpoint: str) -> Iterator[None]:
    """Restart the process with a failpoint armed, at which it kills itself."""
    name, _, place = failpoint.partition(" ")
    library.supervisor.expect_end(name, failpoint=place)
    library.system.processes[name].kill()
    yield


@contextmanager
def _freeze(library: Installation, name: str) -> Iterator[None]:
    process = library.system.processes[name]
    process.freeze()
    try:
        yield
    finally:
        process.thaw()


@contextmanager
def _stop_broker(library: Installation, _target: str) -> Iterator[None]:
    library.broker.stop_app()
    try:
        yield
    finally:
        library.broker.start_app()


@contextmanager
def _kill_server(library: Installation, target: str) -> Iterator[None]:
    server = library.broker if target == "rabbitmq" else library.database
    server.kill()
    try:
        yield
    finally:
        server.restart()


@contextmanager
def _freeze_server(library: Installation, target: str) -> Iterator[None]:
    server = library.broker if target == "rabbitmq" else library.database
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


@contextmanager
def _restart_database(library: Installation, _target: str) -> Iterator[None]:
    library.database.restart()
    yield


@contextmanager
def _close_broker_connections(library: Installation, _target: str) -> Iterator[None]:
    # It waits for each connection's end, also for those of processes that another fault has stopped.
    with suppress(TimeoutExpired):
        library.broker.ctl("close_all_connections", "chaos")
    yield


@contextmanager
def _delete_queue(library: Installation, queue: str) -> Iterator[None]:
    with connected(library.broker.url) as connection:
        connection.channel().queue_delete(queue)
    yield


@contextmanager
def _delete_exchange(library: Installation, exchange: str) -> Iterator[None]:
    with connected(library.broker.url) as connection:
        connection.channel().exchange_delete(exchange)
    yield


@contextmanager
def _unbind(library: Installation, binding: str) -> Iterator[None]:
    queue, _, pattern = binding.partition(" ")
    with suppress(amqp.NotFound), connected(library.broker.url) as connection:
        connection.channel().queue_unbind(queue, "library_events", pattern)
    yield


@contextmanager
def _terminate_backends(library: Installation, _target: str) -> Iterator[None]:
    with psycopg.connect(library.database.url, autocommit=True, connect_timeout=3) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'library'")
    yield


@contextmanager
def _stall(library: Installation, target: str) -> Iterator[None]:
    proxy = library.way_to_broker if target == "rabbitmq" else library.way_to_database
    proxy.stall()
    try:
        yield
    finally:
        proxy.heal()


@contextmanager
def _reset(library: Installation, target: str) -> Iterator[None]:
    (library.way_to_broker if target == "rabbitmq" else library.way_to_database).reset()
    yield


@contextmanager
def _lose(library: Installation, _target: str) -> Iterator[None]:
    """Existing connections pass nothing on any more, as after a firewall forgot them."""
    library.way_to_broker.abandon()
    yield


@contextmanager
def _misbehave(library: Installation, word: str) -> Iterator[None]:
    library.sendgrid.behave(word)
    try:
        yield
    finally:
        library.sendgrid.behave("202")


_QUEUES = tuple(name(context) for context in SUBSCRIPTIONS for name in (queue_name, dead_letter_queue_name))
_BINDINGS = tuple(f"{queue_name(context)} lending.#" for context in ("catalog", "patrons"))
_CONSUMER_DEATHS = tuple(
    f"consumer-{context} consumer.{place}"
    for context in SUBSCRIPTIONS
    for place in ("after_inbox", "before_ack")
)
_DEATHS = (
    *(f"relay relay.{place}" for place in ("after_claim", "before_confirm", "before_mark")),
    *_CONSUMER_DEATHS,
    *(f"worker notices.{place}" for place in ("after_claim", "after_send")),
)
_RABBITMQ, _POSTGRESQL = ("rabbitmq",), ("postgresql",)

#: How many seconds a lane rests between two faults at least and at most. Without the database nobody gets on,
#: so that one rests longer.
PAUSES: Mapping[str, tuple[float, float]] = {
    "processes": (0.2, 2.5),
    "broker": (0.5, 3.0),
    "database": (2.0, 6.0),
    "mail": (0.2, 2.5),
}
#: Faults of one lane come one after the other, those of different lanes at the same time.
LANES: Mapping[str, tuple[Fault, ...]] = {
    "processes": (
        *(Fault(name="kill -9", inflict=_kill, targets=(name,)) for name in EVERYTHING),
        Fault(name="die at failpoint", inflict=_die_at, targets=_DEATHS),
        Fault(name="die at failpoint", inflict=_die_at, targets=_DEATHS),
        Fault(name="SIGTERM", inflict=_terminate, targets=EVERYTHING),
        Fault(name="SIGSTOP", inflict=_freeze, targets=EVERYTHING, lasts=(1.0, 6.0)),
        Fault(name="SIGSTOP", inflict=_freeze, targets=EVERYTHING, lasts=(1.0, 6.0)),
    ),
    "broker": (
        Fault(name="stop_app", inflict=_stop_broker, targets=_RABBITMQ, lasts=(1.0, 5.0)),
        Fault(name="kill -9", inflict=_kill_server, targets=_RABBITMQ, lasts=(0.0, 3.0)),
        Fault(name="SIGSTOP", inflict=_freeze_server, targets=_RABBITMQ, lasts=(1.0, 6.0)),
        Fault(name="close connections", inflict=_close_broker_connections, targets=_RABBITMQ),
        Fault(name="delete queue", inflict=_delete_queue, targets=_QUEUES),
        Fault(name="delete exchange", inflict=_delete_exchange, targets=("library_events",)),
        Fault(name="delete binding", inflict=_unbind, targets=_BINDINGS),
        Fault(name="network stalls", inflict=_stall, targets=_RABBITMQ, lasts=(1.0, 6.0)),
        Fault(name="network resets", inflict=_reset, targets=_RABBITMQ),
        Fault(name="network loses connections", inflict=_lose, targets=_RABBITMQ),
    ),
    "database": (
        Fault(name="terminate backends", inflict=_terminate_backends, targets=_POSTGRESQL),
        Fault(name="restart", inflict=_restart_database, targets=_POSTGRESQL),
        Fault(name="kill -9", inflict=_kill_server, targets=_POSTGRESQL, lasts=(0.0, 2.0)),
        Fault(name="SIGSTOP", inflict=_freeze_server, targets=_POSTGRESQL, lasts=(0.5, 3.0)),
        Fault(name="network stalls", inflict=_stall, targets=_POSTGRESQL, lasts=(0.5, 3.0)),
        Fault(name="network resets", inflict=_reset, targets=_POSTGRESQL),
    ),
    "mail": tuple(
        Fault(name="answers", inflict=_misbehave, targets=(word,), lasts=(0.5, 4.0))
        for word in ("500", "429:1", "drip", "reset", "lose", "hang", "slow:2")
    ),
}
