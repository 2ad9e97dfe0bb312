"""Whether the broker answers, found out without making anybody wait."""

import socket
import ssl
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from threading import Lock
from time import monotonic
from urllib.parse import urlsplit

#: Seconds that one answer may take, from the name's resolution on.
TIMEOUT = 1.0
#: Seconds for which an answer is taken as still true.
CACHE_SECONDS = 3.0

_HELLO = b"AMQP\x00\x00\x09\x01"
#: A method frame, connection.start. A broker that refuses the version sends its own header instead.
_METHOD_FRAME = b"\x01"


class BrokerProbe:
    """Asks on a thread of its own, one question at a time, which even a hanging resolver can't delay."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._thread = ThreadPoolExecutor(1, "broker-probe")
        self._lock = Lock()
        self._answer: Future[bool] | None = None
        self._asked_at = 0.0

    def answers(self) -> bool:
        """Whether the broker greets us; within a second, whatever the network does."""
        with self._lock:
            if self._answer is None or (self._answer.done() and monotonic() - self._asked_at > CACHE_SECONDS):
                self._answer, self._asked_at = self._thread.submit(_greets, self._url), monotonic()
            answer = self._answer
        try:
            return answer.result(timeout=max(0.0, self._asked_at + TIMEOUT - monotonic()))
        except TimeoutError:
            return False


@cache
def broker_probe(url: str) -> BrokerProbe:
    """The probe of this address, shared by all requests of the process."""
    return BrokerProbe(url)


def _greets(url: str) -> bool:
    """Say hello in AMQP: a broker whose process hangs still accepts connections."""
    try:
        parts = urlsplit(url)
        secure = parts.scheme == "amqps"
        host, port = parts.hostname or "localhost", parts.port or (5671 if secure else 5672)
        connection = socket.create_connection((host, port), timeout=TIMEOUT)
        with connection, _wrapped(connection, host, secure=secure) as stream:
            stream.sendall(_HELLO)
            return stream.recv(1) == _METHOD_FRAME
    except (OSError, ValueError):
        return False


def _wrapped(connection: socket.socket, host: str, *, secure: bool) -> socket.socket:
    if not secure:
        return connection
    return ssl.create_default_context().wrap_socket(connection, server_hostname=host)
