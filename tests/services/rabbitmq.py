"""A real RabbitMQ for tests, with the means to hurt it: take it down, freeze it, crash it, bring it back."""

import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote, urlsplit

from tests.services import compose, packages, rabbitmq_node
from tests.services.daemon import Daemon, Unavailable, clean_environment
from tests.services.directory import ServiceDirectory
from tests.services.server import Missing, Server, first_of


@dataclass(frozen=True, kw_only=True)
class RabbitMQ(Server):
    """A broker by the URL of its default virtual host, `amqp://user:password@host:port/`."""

    name: ClassVar[str] = "RabbitMQ"
    container_name: ClassVar[str] = "rabbitmq"
    daemon_name: ClassVar[str] = "beam"

    def create_vhost(self, name: str) -> str:
        """Create an empty virtual host and return its URL (0.8 s). Raises NotOurs."""
        self.ctl("add_vhost", name)
        self.ctl("set_permissions", "--vhost", name, urlsplit(self.url).username or "guest", ".*", ".*", ".*")
        return f"{self.url.rpartition('/')[0]}/{quote(name, safe='')}"

    def create_user(self, name: str, password: str, *, vhost: str) -> None:
        """Create a user who may do everything in one virtual host, and nothing elsewhere. Raises NotOurs."""
        self.ctl("add_user", name, password)
        self.ctl("set_permissions", "--vhost", vhost, name, ".*", ".*", ".*")

    def delete_user(self, name: str) -> None:
        """Delete a user, and close their connections. Raises NotOurs."""
        self.ctl("delete_user", name)

    def delete_vhost(self, name: str) -> None:
        """Delete a virtual host with its queues, and close the connections to it. Raises NotOurs."""
        self.ctl("delete_vhost", name)

    def stop_app(self) -> None:
        """Take the broker down in an orderly way: connections close, the port refuses. Raises NotOurs."""
        self.ctl("stop_app")

    def start_app(self) -> None:
        """Bring it back on the same port with its durable queues and persistent messages. Raises NotOurs."""
        self.ctl("start_app")
        self.started()

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl on the broker (0.4 s) and return what it prints. Raises NotOurs, RuntimeError."""
        process = self._ours()
        if not isinstance(process, Daemon):
            return compose.Container(self.container_name).run("rabbitmqctl", "--quiet", *arguments)
        done = subprocess.run(
            [str(Path(process.command[0]).with_name("rabbitmqctl")), "--quiet", *arguments],
            env=clean_environment() | process.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"rabbitmqctl {arguments[0]}: {(done.stderr or done.stdout).strip()[-500:]}")
        return done.stdout

    def answers(self) -> bool:
        """Tell whether it answers an AMQP header within 3 s."""
        address = urlsplit(self.url)
        try:
            with socket.create_connection((address.hostname, address.port or 5672), timeout=3) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                return connection.recv(1) == b"\x01"  # a method frame: connection.start
        except OSError:
            return False


def rabbitmq(*, private: bool = False) -> RabbitMQ | Missing:
    """Find or start a broker; `private`: one that no other process uses, to be hurt freely."""
    alone = [_from_local_binaries, _from_packages]
    anybodys = [RabbitMQ.attach, _from_environment, _from_compose]
    return first_of(RabbitMQ.name, alone if private else anybodys + alone)


def _from_environment() -> RabbitMQ:
    url = os.environ.get("TEST_RABBITMQ_URL")
    if not url:
        raise Unavailable("TEST_RABBITMQ_URL is not set")
    return RabbitMQ(url=url, origin="TEST_RABBITMQ_URL").answering()


def _from_compose() -> RabbitMQ:
    container = compose.up(RabbitMQ.container_name)
    environment = container.environment()
    user = environment.get("RABBITMQ_DEFAULT_USER", "guest")
    login = f"{user}:{environment.get('RABBITMQ_DEFAULT_PASS', 'guest')}@{container.address(5672)}"
    return RabbitMQ(url=f"amqp://{login}/", origin="docker compose", process=container).answering()


def _from_packages() -> RabbitMQ:
    packages.install("rabbitmq-server")
    return _from_local_binaries()


def _from_local_binaries() -> RabbitMQ:
    scripts = rabbitmq_node.scripts()
    home = ServiceDirectory("rabbitmq")
    try:
        url, node = rabbitmq_node.start(scripts, home.path)
        return RabbitMQ(url=url, origin="local binaries", process=node, home=home).started()
    except Unavailable:
        home.close()
        raise
