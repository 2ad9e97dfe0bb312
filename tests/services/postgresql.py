"""A real PostgreSQL for tests: with speed bought by durability that only a power cut would miss."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import psycopg
from psycopg import sql

from tests.services import compose, packages
from tests.services.daemon import Daemon, Unavailable, free_ports
from tests.services.directory import ServiceDirectory
from tests.services.server import Missing, Server, first_of

SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "200"}
# But synchronous_commit stays on: without it, a killed server would forget what it had confirmed.
HASTE = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True, kw_only=True)
class Postgres(Server):
    """A server by the URL of its maintenance database, `postgres://user@host:port/postgres`."""

    name: ClassVar[str] = "PostgreSQL"
    container_name: ClassVar[str] = "postgres"
    daemon_name: ClassVar[str] = "postgres"

    def create_database(self, name: str) -> str:
        """Create an empty database and return its URL."""
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return f"{self.url.partition('?')[0].rpartition('/')[0]}/{quote(name, safe='')}"

    def drop_database(self, name: str) -> None:
        """Drop a database, if it is there, and the connections that are open to it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def answers(self) -> bool:
        """Tell whether it accepts a login within 3 s."""
        try:
            psycopg.connect(self.url, connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True, connect_timeout=10) as connection:
            connection.execute(statement)


def postgresql(*, private: bool = False, durable: bool = False) -> Postgres | Missing:
    """Find or start a server.

    `private`: one that no other process uses, to be hurt freely. `durable`: a private one that waits for the
    disk as in production, to measure speed honestly.
    """
    settings = SETTINGS if durable else SETTINGS | HASTE
    alone = [partial(_from_local_binaries, settings), partial(_from_packages, settings)]
    if private or durable:
        return first_of(Postgres.name, alone)
    return first_of(Postgres.name, [Postgres.attach, _from_environment, _from_compose, *alone])


def _from_environment() -> Postgres:
    url = os.environ.get("TEST_DATABASE_URL")
    if not url:
        raise Unavailable("TEST_DATABASE_URL is not set")
    return Postgres(url=url, origin="TEST_DATABASE_URL").answering()


def _from_compose() -> Postgres:
    container = compose.up(Postgres.container_name)
    environment = container.environment()
    user = environment.get("POSTGRES_USER", "postgres")
    login = f"{user}:{environment.get('POSTGRES_PASSWORD', '')}@{container.address(5432)}"
    url = f"postgres://{login}/postgres"
    return Postgres(url=url, origin="docker compose", process=container).answering()


def _from_packages(settings: dict[str, str]) -> Postgres:
    packages.install("postgresql")
    return _from_local_binaries(settings)


def _from_local_binaries(settings: dict[str, str]) -> Postgres:
    binaries = _binaries()
    home = ServiceDirectory("postgresql", owner=server_user())
    try:
        _create_cluster(binaries, home.path)
        return _start(binaries, home, settings)
    except Unavailable:
        home.close()
        raise


def _binaries() -> Path:
    """Debian keeps every version's binaries out of PATH; others don't."""
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if versions:
        return max(versions, key=lambda path: float(path.parent.name))
    if initdb := shutil.which("initdb"):
        return Path(initdb).parent
    raise Unavailable(f"no {Postgres.name} is installed")


def server_user() -> str | None:
    """PostgreSQL refuses to run as root: its package's user takes over."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres").pw_name
    raise Unavailable("root needs an operating system's user named postgres")


def _create_cluster(binaries: Path, home: Path) -> None:
    """Sort text as a person would: so a test notices a column that relies on the order of bytes."""
    options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    natural = ["--locale-provider=icu", "--icu-locale=en-US"]
    initdb = [str(binaries / "initdb"), f"--pgdata={home / 'data'}", *options]
    for languages in (natural, []):  # the former needs PostgreSQL 15
        done = subprocess.run(
            [*initdb, *languages], cwd=home, user=server_user(), capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return
    raise Unavailable(f"initdb: {done.stderr.strip()[-300:]}")


def _start(binaries: Path, home: ServiceDirectory, settings: dict[str, str]) -> Postgres:
    [port] = free_ports(1)
    command = [str(binaries / "postgres"), "-D", str(home.path / "data"), "-p", str(port)]
    daemon = Daemon(
        name=Postgres.daemon_name,
        home=home.path,
        command=command + [f"--{name}={value}" for name, value in settings.items()],
        user=server_user(),
        stop_signal=signal.SIGINT,  # at once; on SIGTERM it would wait for its clients to leave
    ).save()
    daemon.start()
    url = f"postgres://postgres@127.0.0.1:{port}/postgres"
    return Postgres(url=url, origin="local binaries", process=daemon, home=home).started()
