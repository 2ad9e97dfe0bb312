"""Chooses the database of the run before Django reads its settings, and offers real services to who asks.

TEST_DATABASE=sqlite (default) or postgresql; with TEST_PGBOUNCER=1 the latter by way of PgBouncer.
Services start once a run; under xdist the controller starts
them and the workers attach. REQUIRE_SERVICES=1 turns a missing service from a skip into a failure.
"""

import os
import tempfile
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django
import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

from tests.services.launch import Services, start_all
from tests.services.pgbouncer import PgBouncer, pgbouncer
from tests.services.postgresql import Postgres
from tests.services.rabbitmq import RabbitMQ

ROOT = Path(__file__).resolve().parent.parent
# How long an example takes says more about what else the machine does than about the code.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

ON_POSTGRESQL = os.environ.get("TEST_DATABASE", "sqlite") == "postgresql"
BY_PGBOUNCER = ON_POSTGRESQL and os.environ.get("TEST_PGBOUNCER") == "1"
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ


@cache
def _services() -> Services:
    services = Services.attach() if IS_WORKER else start_all()
    services.share()
    return services


def _postgresql_url(name: str) -> str:
    server = _services().postgresql
    if not isinstance(server, Postgres):
        raise pytest.UsageError(f"TEST_DATABASE=postgresql, but there is none: {server.reason}")
    return _by_the_way(urlunsplit(urlsplit(server.url)._replace(path=f"/{name}")))


@cache
def _pgbouncer() -> PgBouncer:
    """The run's PgBouncer, whichever of its processes started it."""
    server = _services().postgresql
    assert isinstance(server, Postgres)
    if shared := os.environ.get("TEST_PGBOUNCER_URL"):
        return PgBouncer(url=shared, origin="TEST_PGBOUNCER_URL")
    started = pgbouncer(server)
    if not isinstance(started, PgBouncer):
        raise pytest.UsageError(f"TEST_PGBOUNCER=1, but there is none: {started.reason}")
    os.environ["TEST_PGBOUNCER_URL"] = started.url
    return started


def _by_the_way(url: str) -> str:
    return _pgbouncer().before(url) if BY_PGBOUNCER else url


if ON_POSTGRESQL:
    os.environ["DATABASE_URL"] = _postgresql_url("postgres")
else:
    os.environ["DATABASE_URL"] = "sqlite:///var/unused-by-tests.sqlite3"
_metrics = tempfile.TemporaryDirectory(prefix="library-metrics-")  # each worker counts for itself
os.environ.update(
    DJANGO_SETTINGS_MODULE="library_project.settings",
    LIBRARY_TESTING="1",
    DATABASE_POOL="false",
    PROMETHEUS_MULTIPROC_DIR=_metrics.name,
)
for name in ("RABBITMQ_URL", "RABBITMQ_HOST", "SENDGRID_API_KEY"):
    os.environ[name] = ""
_umask = os.umask(0o022)
django.setup()
os.umask(_umask)  # the library closes it for itself; services of other users must read what tests write
# A password's hash costs 100 MB and a twentieth of a second on purpose; hundreds of tests log somebody in.
Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost = 1, 64
# Each test client is a server that starts: it needn't go through all static files first.
settings.WHITENOISE_AUTOREFRESH = True


def pytest_configure(config: pytest.Config) -> None:
    """Under xdist, start the services before the workers, who would each start their own."""
    if not IS_WORKER and getattr(config.option, "numprocesses", None):
        _services()


def pytest_unconfigure() -> None:
    """End what this process started."""
    if not IS_WORKER and _services.cache_info().currsize:
        _services().stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """Keep the SQLite database in a file: threads and processes then meet in it as they do in life."""
    from django.conf import settings

    if ON_POSTGRESQL:
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = (
            f"test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
        )
        if not BY_PGBOUNCER:  # as with a pool, which the tests do without
            settings.DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 5
    else:
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(
            tmp_path_factory.mktemp("database") / "test.sqlite3"
        )


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    """Leave the run's database behind where PgBouncer still holds connections to it."""
    return BY_PGBOUNCER or bool(request.config.option.reuse_db)


@pytest.fixture(scope="session")
def services() -> Services:
    """Both services of the run, started if need be."""
    return _services()


@pytest.fixture(scope="session")
def postgresql(services: Services) -> Postgres:
    """A real PostgreSQL."""
    if not isinstance(services.postgresql, Postgres):
        pytest.skip(services.postgresql.reason)
    return services.postgresql


@pytest.fixture(scope="session")
def rabbitmq(services: Services) -> RabbitMQ:
    """A real RabbitMQ; what hurts it should take one of its own."""
    if not isinstance(services.rabbitmq, RabbitMQ):
        pytest.skip(services.rabbitmq.reason)
    return services.rabbitmq


@pytest.fixture
def vhost(rabbitmq: RabbitMQ) -> Iterator[str]:
    """The URL of a virtual host of the test's own."""
    name = f"test-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    yield rabbitmq.create_vhost(name)
    rabbitmq.delete_vhost(name)


@pytest.fixture
def database_url(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database of the test's own, of the run's kind, for processes that it starts."""
    if not ON_POSTGRESQL:
        yield f"sqlite:///{tmp_path}/library.sqlite3"
        return
    server: Postgres = request.getfixturevalue("postgresql")
    name = f"own_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    yield _by_the_way(server.create_database(name))
    server.drop_database(name)


def shared_data(name: str) -> Path:
    """A real file written by others, beside the project; the test skips where the folder is absent."""
    path = ROOT.parent / "shared" / "data" / name
    if not path.exists():
        pytest.skip(f"{name} is not there")
    return path
