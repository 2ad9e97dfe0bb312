"""The services of docker-compose.yml, where a container engine and the compose plugin answer."""

import atexit
import json
import os
import shutil
import subprocess
import threading
from dataclasses import dataclass

from tests.services.daemon import Unavailable
from tests.services.directory import ROOT

#: Containers and volumes of their own, beside those of a library that may run on this machine for real.
_PROJECT = "library-tests"
_SECRETS = dict.fromkeys(
    (
        *("SECRET_KEY", "ALLOWED_HOSTS", "POSTGRES_PASSWORD", "POSTGRES_OWNER_PASSWORD"),
        *("POSTGRES_APPLICATION_PASSWORD", "RABBITMQ_PASSWORD"),
    ),
    "tests",
)

_one_at_a_time = threading.Lock()  # two simultaneous `up` fight over creating the project's network


def compose(*arguments: str, seconds: float = 60) -> str:
    """Run docker compose on the project and return what it prints; raise Unavailable with its last words."""
    try:
        done = subprocess.run(
            ["docker", "compose", "--project-name", _PROJECT, *arguments],
            cwd=ROOT,
            env=os.environ | _SECRETS,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=True,
        )
    except subprocess.CalledProcessError as failed:
        words = " ".join(failed.stderr.split())
        raise Unavailable(f"docker compose {arguments[0]}: {words[-300:]}") from failed
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise Unavailable(f"docker compose {arguments[0]}: {failed}") from failed
    return done.stdout


@dataclass(frozen=True)
class Container:
    """A service of docker-compose.yml."""

    name: str

    def start(self) -> None:
        """Start it and wait until its health check passes (a first pull of the image takes minutes)."""
        compose("up", "-d", "--wait", self.name, seconds=300)

    def stop(self) -> None:
        """Stop it; its volume stays."""
        compose("stop", self.name)

    def kill(self) -> None:
        """End it as a crash would."""
        compose("kill", self.name)

    def freeze(self) -> None:
        """Keep it and its connections, answering nothing."""
        compose("pause", self.name)

    def thaw(self) -> None:
        """Let a frozen container go on."""
        compose("unpause", self.name)

    def run(self, *command: str) -> str:
        """Run a command inside it and return what it prints."""
        return compose("exec", "-T", self.name, *command)

    def address(self, port: int) -> str:
        """Return host:port under which the container's port is published on this machine."""
        return f"127.0.0.1:{compose('port', self.name, str(port)).strip().rpartition(':')[2]}"

    def environment(self) -> dict[str, str]:
        """Return the environment docker-compose.yml gives it: user and password are there."""
        service = json.loads(compose("config", "--format", "json"))["services"][self.name]
        return {name: value or "" for name, value in service.get("environment", {}).items()}


def up(name: str) -> Container:
    """Start a service; what was not running before is stopped again when this process ends."""
    if not shutil.which("docker") or not (ROOT / "docker-compose.yml").exists():
        raise Unavailable("docker or docker-compose.yml is missing")
    container = Container(name)
    with _one_at_a_time:
        compose("version")  # without the plugin, any other command only complains of unknown options
        was_running = name in compose("ps", "--services", "--status", "running").split()
        container.start()
    if not was_running:
        atexit.register(container.stop)
    return container
