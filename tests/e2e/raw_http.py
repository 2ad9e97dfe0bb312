"""HTTP over plain sockets, for requests that no well-behaved client sends."""

import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit


def connected(url: str, *, receive_buffer: int | None = None) -> socket.socket:
    """A connection to the server; with a small receive buffer the server soon finds it full."""
    place = urlsplit(url)
    wire = socket.socket()
    if receive_buffer:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    wire.settimeout(30)
    wire.connect((place.hostname, place.port))
    return wire


def head(method: str, path: str, **headers: str) -> bytes:
    """A request's first lines; headers by name, with `_` for `-`."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def chunked(*parts: bytes) -> bytes:
    """A body in chunks."""
    return b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (*parts, b""))


class RawResponse:
    """One response, read from a socket."""

    def __init__(self, wire: socket.socket) -> None:
        with wire.makefile("rb") as lines:
            self.status = int(lines.readline().split()[1])
            self.headers: dict[str, str] = {}
            while line := lines.readline().strip():
                name, _, value = line.decode().partition(":")
                self.headers[name.lower()] = value.strip()
            self.body = lines.read(int(self.headers.get("content-length", 0)))

    @property
    def json(self) -> Any:  # whatever the route answers
        """The body, read."""
        return json.loads(self.body)


def exchange(url: str, *parts: bytes) -> RawResponse:
    """Send these bytes over a new connection and take the answer."""
    with connected(url) as wire:
        for part in parts:
            wire.sendall(part)
        return RawResponse(wire)


@contextmanager
def slow_connections(
    url: str, beginnings: Iterable[bytes], *, every: float = 1.0
) -> Iterator[list[socket.socket]]:
    """Connections that have each sent a beginning, and then one byte at an interval."""
    over = Event()
    with ExitStack() as open_wires:
        wires = []
        for beginning in beginnings:
            wire = open_wires.enter_context(connected(url))
            wire.sendall(beginning)
            wires.append(wire)

        def drip() -> None:
            while not over.wait(every):
                for wire in wires:
                    try:
                        wire.send(b"a")
                    except OSError:  # the server has had enough of it
                        continue

        dripping = Thread(target=drip)
        dripping.start()
        try:
            yield wires
        finally:
            over.set()
            dripping.join()


def response_time(ask: Callable[[], object], *, times: int) -> float:
    """Seconds within which 99 of a hundred answers come, one asked for after the other."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[times * 99 // 100 - 1]
