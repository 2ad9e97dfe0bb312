"""The web servers that are compared: the library as the Procfile starts it, and its peers."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil  # type: ignore[import-untyped]  # it ships no types

from benchmarks.environment import Environment
from benchmarks.rounds import InvalidMeasurement
from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import IssueToken
from tests.services.daemon import Daemon, free_ports, wait_until
from tests.services.directory import ServiceDirectory
from tests.system import System

ROOT = Path(__file__).resolve().parents[1]
#: Has what requirements/bench.txt says (`make bench-peers`).
PEERS_BIN = ROOT / ".venv-peers" / "bin"
_DRF_SETTINGS = "benchmarks.peers.drf.settings"
_GRANIAN = (
    *("--interface", "wsgi", "--workers", "2", "--blocking-threads", "1", "--log-level", "warning"),
    *("--factory", "django.core.wsgi:get_wsgi_application"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server, whose API begins at `prefix`, and the number of its first process."""

    name: str
    url: str
    prefix: str
    token: str
    pid: int

    def cpu(self) -> float:
        """The processor time of its processes, in seconds."""
        first = psutil.Process(self.pid)
        times = [each.cpu_times() for each in (first, *first.children(recursive=True))]
        return float(sum(each.user + each.system for each in times))


@contextmanager
def servers(environment: Environment, *, with_peers: bool) -> Iterator[list[Server]]:
    """The library and, where they are installed, its peers, all on the same database."""
    with ExitStack() as ending:
        started = [ending.enter_context(_library(environment))]
        if with_peers and (PEERS_BIN / "uvicorn").exists():
            started.append(ending.enter_context(_fastapi(environment)))
            started.append(ending.enter_context(_drf(environment)))
        elif with_peers:
            sys.stderr.write("the peers are not measured: `make bench-peers` installs them\n")
        yield started


@contextmanager
def _library(environment: Environment) -> Iterator[Server]:
    issued = dispatch(IssueToken(name="benchmark", scopes=("circulation:read", "circulation:write")))
    with System(DATABASE_URL=environment.database_url, LOG_FORMAT="json") as system:
        system.start("web")
        pid = system.processes["web"].pid
        if pid is None:
            raise InvalidMeasurement("the library's server has ended")
        yield Server(name="library", url=system.url, prefix="/api/v1", token=issued.token, pid=pid)


@contextmanager
def _fastapi(environment: Environment) -> Iterator[Server]:
    token = secrets.token_urlsafe(32)
    [port] = free_ports(1)
    url = f"postgresql+asyncpg://{environment.database_url.partition('://')[2]}"
    served = f"--workers 2 --port {port} --no-access-log --timeout-keep-alive 60"
    command = [f"{PEERS_BIN}/uvicorn", *served.split(), "benchmarks.peers.fastapi_app:app"]
    settings = {"PEER_DATABASE_URL": url, "PEER_TOKEN": token}
    with _daemon("fastapi", command, settings) as pid:
        _wait_for("FastAPI", port)
        yield Server(name="fastapi", url=f"http://127.0.0.1:{port}", prefix="", token=token, pid=pid)


@contextmanager
def _drf(environment: Environment) -> Iterator[Server]:
    settings = {
        "PEER_DATABASE_URL": environment.database_url,
        "PEER_TOKEN": secrets.token_urlsafe(32),
        "DJANGO_SETTINGS_MODULE": _DRF_SETTINGS,
    }
    token = _drf_token(settings)
    [port] = free_ports(1)
    command = [sys.executable, "-m", "granian", "--port", str(port), *_GRANIAN]
    with _daemon("drf", command, settings) as pid:
        _wait_for("DRF", port)
        yield Server(name="drf", url=f"http://127.0.0.1:{port}", prefix="", token=token, pid=pid)


def _drf_token(settings: Mapping[str, str]) -> str:
    """A token for a new user, in DRF's own table, which is added to the database."""

    def django(*arguments: str) -> str:
        command = [sys.executable, "-m", "django", *arguments]
        inherited = {**os.environ, **settings}
        return subprocess.run(
            command, cwd=ROOT, env=inherited, check=True, capture_output=True, text=True
        ).stdout

    django("migrate", "authtoken", "--verbosity", "0")
    user = "from django.contrib.auth.models import User; User.objects.create_user('peer')"
    django("shell", "--verbosity", "0", "--command", user)
    return django("drf_create_token", "peer").split()[2]  # "Generated token … for user …"


@contextmanager
def _daemon(name: str, command: list[str], settings: dict[str, str]) -> Iterator[int]:
    home = ServiceDirectory(name)  # which ends the process with this one, however that ends
    environment = {**settings, "PYTHONPATH": str(ROOT)}
    process = Daemon(name=name, home=home.path, command=command, environment=environment).save()
    process.start()
    try:
        pid = process.pid
        if pid is None:
            raise InvalidMeasurement(f"{name} did not start: {process.last_words()}")
        yield pid
    finally:
        process.stop()
        home.close()


def _wait_for(name: str, port: int) -> None:
    if not wait_until(lambda: _answers(port), seconds=30):
        raise InvalidMeasurement(f"{name} does not answer")


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/books", timeout=5):
            return True
    except HTTPError:  # 401 without a token
        return True
    except OSError:
        return False
