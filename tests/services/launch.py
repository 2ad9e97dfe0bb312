"""PostgreSQL and RabbitMQ together: started once a run, shared with the run's other processes."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

from tests.services.postgresql import Postgres, postgresql
from tests.services.rabbitmq import RabbitMQ, rabbitmq
from tests.services.server import SHARED, Missing, first_of


@dataclass(frozen=True)
class Services:
    """The services of a test run."""

    postgresql: Postgres | Missing
    rabbitmq: RabbitMQ | Missing

    @classmethod
    def attach(cls) -> Self:
        """Return what another process of this run started; start nothing."""
        return cls(first_of(Postgres.name, [Postgres.attach]), first_of(RabbitMQ.name, [RabbitMQ.attach]))

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables by which another process attaches, or at least connects."""
        descriptions = {
            Postgres.container_name: self.postgresql.describe(),
            RabbitMQ.container_name: self.rabbitmq.describe(),
        }
        variables = {SHARED: json.dumps(descriptions)}
        if isinstance(self.postgresql, Postgres):
            variables["TEST_DATABASE_URL"] = self.postgresql.url
        if isinstance(self.rabbitmq, RabbitMQ):
            variables["TEST_RABBITMQ_URL"] = self.rabbitmq.url
        return variables

    def share(self) -> None:
        """Let the processes that this one starts from now on attach."""
        os.environ.update(self.environment)

    def stop(self) -> None:
        """End what was started here; leave anybody else's alone."""
        with ThreadPoolExecutor() as both:
            list(both.map(lambda service: service.stop(), (self.postgresql, self.rabbitmq)))


def start_all() -> Services:
    """Find or start both at the same time (about 8 s). Raises ServiceMissing under REQUIRE_SERVICES=1."""
    with ThreadPoolExecutor() as both:
        database, broker = both.submit(postgresql), both.submit(rabbitmq)
        return Services(database.result(), broker.result())
