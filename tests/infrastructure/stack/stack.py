"""The services of docker-compose.yml without an engine: the same commands and settings, on other ports."""

import os
import secrets
import shlex
import subprocess
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg

from tests.e2e.api_client import ApiClient
from tests.infrastructure.stack import composition
from tests.services.daemon import wait_until
from tests.services.directory import ROOT
from tests.services.pgbouncer import PgBouncer
from tests.services.postgresql import Postgres
from tests.system import System

PUBLIC_NAME = "library.example.org"
VARIABLES = {
    "SECRET_KEY": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": PUBLIC_NAME,
    "PUBLIC_URL": f"https://{PUBLIC_NAME}",
    "POSTGRES_PASSWORD": secrets.token_hex(16),
    "POSTGRES_OWNER_PASSWORD": secrets.token_hex(16),
    "POSTGRES_APPLICATION_PASSWORD": secrets.token_hex(16),
    "RABBITMQ_PASSWORD": secrets.token_hex(16),
}
PROCESSES = tuple(name for name in composition.library_services() if name != "migrate")


def eventually(holds: Callable[[], object], *, within: float, instead: Callable[[], object]) -> None:
    """Wait until it holds; fail when it doesn't within so many seconds, and tell what there was `instead`."""
    if not wait_until(lambda: bool(holds()), seconds=within):
        raise AssertionError(f"not within {within} s, but {instead()}")


def prepare(server: Postgres) -> str:
    """Make the database and the roles that the image makes, with the server's settings; tell the URL."""
    url = server.create_database("library")
    words = composition.command("postgres", VARIABLES)
    with psycopg.connect(server.url, autocommit=True) as connection:
        for setting in (word for word in words if "=" in word):
            name, _, value = setting.partition("=")
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
        connection.execute("SELECT pg_reload_conf()")
    make_roles(url)
    return url


def make_roles(url: str) -> None:
    """Run what the image runs when the database is made."""
    passwords = composition.environment("postgres", VARIABLES)
    subprocess.run(
        ["psql", "--no-psqlrc", "--quiet", "--file", ROOT / "deploy/postgres/roles.sql", url],
        env={**os.environ, **passwords},
        check=True,
        timeout=60,
    )


class ProxiedDesk(ApiClient):
    """A machine at the desk whose requests come through a proxy that ended TLS."""

    def __init__(self, url: str, token: str = "") -> None:
        super().__init__(url, token)
        self._headers |= {"Host": PUBLIC_NAME, "X-Forwarded-Proto": "https"}

    def under(self, request_id: str) -> "ProxiedDesk":
        """The same desk, all of its requests under this id."""
        other = ProxiedDesk(self.url)
        other._headers |= self._headers | {"X-Request-Id": request_id}
        return other


class Stack(System):
    """An installation whose processes are the composition's, in places of this machine."""

    def __init__(self, *, database_url: str, pgbouncer: PgBouncer, broker_url: str) -> None:
        """Install it; nothing runs yet. The database is `library`, and its user, too."""
        super().__init__(DATABASE_URL=database_url)
        self.url = self.url.replace("127.0.0.1", "localhost")
        self._broker = urlsplit(broker_url)
        self._hosts = {
            "@pgbouncer:6432/": f"@{urlsplit(pgbouncer.url).netloc.rpartition('@')[2]}/",
            "@postgres:5432/": f"@{urlsplit(database_url).netloc.rpartition('@')[2]}/",
        }

    def environment(self, service: str) -> dict[str, str]:
        """What the composition gives a service, but for places."""
        given = composition.environment(service, VARIABLES)
        for host, place in self._hosts.items():
            given["DATABASE_URL"] = given["DATABASE_URL"].replace(host, place)
        return given | {
            "RABBITMQ_HOST": self._broker.hostname or "",
            "RABBITMQ_PORT": str(self._broker.port),
            "RABBITMQ_VHOST": unquote(self._broker.path[1:]),
        }

    def run(self, service: str) -> None:
        """Run a service that ends, which must end well."""
        self._run(service, composition.command(service, VARIABLES))

    def up(self, *services: str) -> None:
        """Start services and wait until each can be used."""
        for service in services:
            self.launch(service, **self.environment(service))
        for service in services:
            self._wait_for(service)

    def is_healthy(self, service: str) -> bool:
        """Whether the service's own health check says so."""
        try:
            self._run(service, [self._placed(word) for word in composition.health_command(service)])
        except subprocess.CalledProcessError:
            return False
        return True

    def inside(self, service: str, *arguments: str) -> str:
        """Run a management command as `docker compose exec` does, and return what it prints."""
        return self._run(service, ["python", "manage.py", *arguments])

    def _run(self, service: str, words: list[str]) -> str:
        done: Any = subprocess.run(
            words,
            cwd=self.folder,
            env=self.settings | self.environment(service),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, words, done.stdout, done.stderr)
        return str(done.stdout)

    def _command(self, name: str) -> str:
        return shlex.join(self._placed(word) for word in composition.command(name, VARIABLES))

    def _placed(self, word: str) -> str:
        return word.replace("0.0.0.0", "127.0.0.1").replace("8000", self.settings["PORT"])
