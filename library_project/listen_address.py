"""The address at which `make run` serves: checks that it is free, and gives the URL for a browser."""

import errno
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

_LOOPBACK = ("127.0.0.1", "::1")
#: Errors of a machine that has no IPv6.
_NO_SUCH_FAMILY = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}


class StartupError(Exception):
    """The library can't be started; the text is a sentence that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Address:
    """A numeric address of this machine, or all of them (0.0.0.0 or ::), and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, host: str, port: str) -> Self:
        """Read HOST, a name or an address, and PORT. Raises StartupError."""
        if not re.fullmatch("[0-9]{1,5}", port) or not 0 < int(port) < 65536:
            raise StartupError(f"PORT={port} is not a port: give a number from 1 to 65535.")
        try:
            found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise StartupError(_not_ours(host)) from None
        return cls(str(found[0][4][0]), int(port))

    @property
    def url(self) -> str:
        """What to open in a browser on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  nothing is bound
        return f"http://[{host}]:{self.port}/" if ":" in host else f"http://{host}:{self.port}/"

    @contextmanager
    def reserved(self) -> Iterator[None]:
        """Keep other libraries off this address during the block. Raises StartupError if anybody is there.

        Another web server may share a TCP port (SO_REUSEPORT), and this one isn't there yet, so libraries
        that are started at the same moment tell each other by the UDP port of the same number.
        """
        with self._bound(self.host, socket.SOCK_DGRAM):
            self.refuse_if_in_use()
            yield

    def refuse_if_in_use(self) -> None:
        """Raise StartupError if any program listens on the port, here or on a loopback address."""
        for host in dict.fromkeys((self.host, *_LOOPBACK)):
            if _answers(host, self.port):
                raise StartupError(self._in_use)
            with self._bound(host, socket.SOCK_STREAM) as listener:
                if listener:
                    listener.listen(1)

    def answers(self) -> bool:
        """Whether somebody listens."""
        return _answers(self.host, self.port)

    @contextmanager
    def _bound(self, host: str, kind: socket.SocketKind) -> Iterator[socket.socket | None]:
        """A socket there; None where this machine doesn't have that loopback address."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            with socket.socket(family, kind) as bound:
                if kind is socket.SOCK_STREAM:  # connections that have ended just now are in nobody's way
                    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                bound.bind((host, self.port))
                yield bound
        except OSError as error:
            if error.errno in _NO_SUCH_FAMILY and host != self.host:
                yield None
            else:
                raise StartupError(self._why_not(error)) from None

    def _why_not(self, error: OSError) -> str:
        if error.errno == errno.EADDRINUSE:
            return self._in_use
        if error.errno in {errno.EACCES, errno.EPERM}:
            return f"PORT={self.port} is reserved for the system: give one above 1023."
        return _not_ours(self.host)

    @property
    def _in_use(self) -> str:
        return f"Port {self.port} is in use by another program: stop that one, or give another PORT."


def _not_ours(host: str) -> str:
    return f"HOST={host} is not an address of this machine: give one, such as 127.0.0.1, or 0.0.0.0 for all."


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
