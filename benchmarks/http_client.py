"""A minimal HTTP client: one connection, and no response header is read but the length."""

import json
import socket
from collections.abc import Mapping
from time import monotonic
from urllib.parse import urlsplit

from benchmarks.rounds import InvalidMeasurement

#: Reconnect after so long: the server closes a connection that is idle for 30 seconds.
_IDLE_SECONDS = 20.0


class HttpClient:
    """Sends GET requests and JSON with a token over one persistent connection."""

    def __init__(self, url: str, *, token: str) -> None:
        address = urlsplit(url)
        self._address = (address.hostname, address.port)
        self._socket = self._connected()
        self._head = (
            f"Host: {address.netloc}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
            "Accept: application/json\r\nContent-Length: "
        )
        self._rest = b""

    def get(self, path: str) -> bytes:
        """The response body. Raises InvalidMeasurement for any status but 2xx."""
        return self._exchange(f"GET {path} HTTP/1.1\r\n{self._head}0\r\n\r\n")

    def post(self, path: str, body: Mapping[str, str], *, key: str = "") -> bytes:
        """The response body, with `key` as Idempotency-Key if given.

        Raises InvalidMeasurement for any status but 2xx.
        """
        text = json.dumps(body)
        first = f"POST {path} HTTP/1.1\r\n" + (f"Idempotency-Key: {key}\r\n" if key else "")
        return self._exchange(f"{first}{self._head}{len(text)}\r\n\r\n{text}")

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _connected(self) -> socket.socket:
        connected = socket.create_connection(self._address, timeout=30)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._used_at = monotonic()
        return connected

    def _exchange(self, request: str) -> bytes:
        if monotonic() - self._used_at > _IDLE_SECONDS:
            self.close()
            self._socket = self._connected()
        self._socket.sendall(request.encode())
        answer = self._answer()
        self._used_at = monotonic()
        return answer

    def _answer(self) -> bytes:
        head, found, rest = self._rest.partition(b"\r\n\r\n")
        while not found:
            head, found, rest = (head + self._received()).partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        while len(rest) < length:
            rest += self._received()
        body, self._rest = rest[:length], rest[length:]
        if not head.startswith(b"HTTP/1.1 2"):
            raise InvalidMeasurement(f"{head.partition(b' ')[2][:40]!r}: {(body or rest)[:400]!r}")
        return body

    def _received(self) -> bytes:
        received = self._socket.recv(65536)
        if not received:
            raise InvalidMeasurement("the server closed the connection")
        return received
