"""The stack of docker-compose.yml, running on this machine."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.infrastructure.stack.stack import PROCESSES, VARIABLES, ProxiedDesk, Stack, prepare
from tests.services.pgbouncer import PgBouncer, pgbouncer
from tests.services.postgresql import Postgres, postgresql
from tests.services.rabbitmq import RabbitMQ
from tests.services.server import Missing


@dataclass(frozen=True, kw_only=True)
class Running:
    """The whole stack, and a desk in front of it."""

    stack: Stack
    pgbouncer: PgBouncer
    desk: ProxiedDesk


@pytest.fixture(scope="package")
def server() -> Iterator[Postgres]:
    """A PostgreSQL of the stack's own."""
    server = postgresql(private=True)
    if isinstance(server, Missing):
        pytest.skip(server.reason)
    yield server
    server.stop()


@pytest.fixture(scope="package")
def running(server: Postgres, rabbitmq: RabbitMQ) -> Iterator[Running]:
    """Everything that docker-compose.yml starts, in its order."""
    url = prepare(server)
    before = pgbouncer(server, user="library", password=VARIABLES["POSTGRES_APPLICATION_PASSWORD"])
    if isinstance(before, Missing):
        pytest.skip(before.reason)
    vhost = rabbitmq.create_vhost("stack")
    rabbitmq.create_user("library", VARIABLES["RABBITMQ_PASSWORD"], vhost="stack")
    try:
        with Stack(database_url=url, pgbouncer=before, broker_url=vhost) as stack:
            stack.run("migrate")
            stack.up(*PROCESSES)
            scopes = (
                "catalog:write",
                "patrons:read",
                "patrons:write",
                "circulation:read",
                "circulation:write",
            )
            token = stack.inside("web", "create_token", "desk", "--scope", *scopes).split()[1]
            yield Running(stack=stack, pgbouncer=before, desk=ProxiedDesk(stack.url, token))
    finally:
        rabbitmq.delete_vhost("stack")
        rabbitmq.delete_user("library")
        before.stop()
