"""What every service is to a test: an address, and a process that can be hurt to see what that does."""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, TypeVar

from tests.services.compose import Container
from tests.services.daemon import Daemon, Unavailable, wait_until
from tests.services.directory import ServiceDirectory

SHARED = "TEST_SERVICES"  # not LIBRARY_…, which the product takes for settings of its own

Found = TypeVar("Found")


class Process(Protocol):
    """What runs a service: a process of our own or a container."""

    def start(self) -> None:
        """Start it with the state it had."""

    def stop(self) -> None:
        """Stop it in order; keep its state."""

    def kill(self) -> None:
        """End it as a crash would."""

    def freeze(self) -> None:
        """Keep it and its connections, answering nothing."""

    def thaw(self) -> None:
        """Let it go on."""


class NotOurs(Exception):
    """The service was only given by its URL, so its process can't be stopped, frozen or commanded."""


class ServiceMissing(Exception):
    """A service is missing although REQUIRE_SERVICES=1 asks for it."""


@dataclass(frozen=True)
class Missing:
    """A service that no way led to. Tests that need it skip with the reason."""

    service: str
    reason: str

    def describe(self) -> dict[str, Any]:
        """Return, as JSON, what another process needs to know."""
        return {"missing": self.reason}

    def stop(self) -> None:
        """Have nothing to stop."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running service; `origin` says which way led to it."""

    name: ClassVar[str]
    container_name: ClassVar[str]
    daemon_name: ClassVar[str]
    start_seconds: ClassVar[float] = 90.0

    url: str
    origin: str
    process: Process | None = None
    home: ServiceDirectory | None = None

    @classmethod
    def attach(cls) -> Self:
        """Return the server that another process of this run started; raise Unavailable when none did."""
        try:
            description = json.loads(os.environ[SHARED])[cls.container_name]
        except KeyError:
            raise Unavailable(f"{SHARED} names none") from None
        if "missing" in description:
            raise Unavailable(description["missing"])
        process: Process | None = None
        if description["container"]:
            process = Container(cls.container_name)
        elif description["home"] and Path(description["home"]).exists():
            process = Daemon.load(Path(description["home"]), cls.daemon_name)
        return cls(url=description["url"], origin=SHARED, process=process).answering()

    def describe(self) -> dict[str, Any]:
        """Return, as JSON, what another process needs to attach."""
        home = str(self.process.home) if isinstance(self.process, Daemon) else None
        return {"url": self.url, "home": home, "container": isinstance(self.process, Container)}

    def answers(self) -> bool:
        """Tell whether it answers within 3 s."""
        raise NotImplementedError

    def answering(self) -> Self:
        """Return itself if it answers, else raise Unavailable."""
        if not self.answers():
            raise Unavailable(f"the {self.name} of {self.origin} does not answer")
        return self

    def started(self) -> Self:
        """Return itself once it answers; raise Unavailable with its last words if it doesn't."""
        running = self.process.is_running if isinstance(self.process, Daemon) else lambda: True
        if not wait_until(self.answers, seconds=self.start_seconds, during=running):
            words = self.process.last_words() if isinstance(self.process, Daemon) else "no answer"
            raise Unavailable(f"{self.name} did not start: {words}")
        return self

    @property
    def is_ours(self) -> bool:
        """Tell whether its process may be commanded; of a service given by its URL alone, it may not."""
        return self.process is not None

    def kill(self) -> None:
        """End it as a crash would; `restart` brings it back. Raises NotOurs."""
        self._ours().kill()

    def freeze(self) -> None:
        """Keep it and its connections, answering nothing. Raises NotOurs."""
        self._ours().freeze()

    def thaw(self) -> None:
        """Let a frozen server go on. Raises NotOurs."""
        self._ours().thaw()

    def restart(self) -> None:
        """Stop it, if it runs, and start it with the same state on the same port. Raises NotOurs."""
        process = self._ours()
        process.stop()
        process.start()
        self.started()

    def stop(self) -> None:
        """End it and remove its state, if it was started here; leave anybody else's alone."""
        if self.home:
            self.home.close()

    def _ours(self) -> Process:
        if self.process is None:
            raise NotOurs(f"{self.name} was given by its URL")
        return self.process


def first_of(service: str, ways: Iterable[Callable[[], Found]]) -> Found | Missing:
    """Return what the first way that works leads to. Raises ServiceMissing under REQUIRE_SERVICES=1."""
    reasons: list[str] = []
    for way in ways:
        try:
            return way()
        except Unavailable as unavailable:
            reasons.append(str(unavailable))
    missing = Missing(service, "; ".join(reasons))
    if os.environ.get("REQUIRE_SERVICES") == "1":
        raise ServiceMissing(f"{service} is missing: {missing.reason}")
    return missing
