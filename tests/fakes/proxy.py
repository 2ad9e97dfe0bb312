"""A TCP proxy that does to connections what networks do: stalls them, resets them, loses their answers."""

import socket
import struct
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Self

#: On close, throw away what is unsent and reset the connection.
_LINGER_ZERO = struct.pack("ii", 1, 0)
_CHUNK = 65536


class Proxy:
    """Listens on `port` of the loopback and passes on to `target`.

    `answer_bytes` lets each new connection have so many bytes of its server's answers, then nothing more, for
    as long as that connection lasts; None for all.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self.answer_bytes: int | None = None
        self.accepted = 0  # connections so far
        self._target = target
        self._flows = Event()
        self._flows.set()
        self._lock = Lock()
        self._pairs: set[_Pair] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.reset()
        self.heal()

    def stall(self) -> None:
        """Pass nothing on, in neither direction, but accept connections all the same."""
        self._flows.clear()

    def heal(self) -> None:
        """Pass on again whatever was held back."""
        self._flows.set()

    def abandon(self, *, after_bytes: int = 0) -> None:
        """Lose what existing connections send from now on, for ever; new ones are passed on.

        `after_bytes` of each server's answers still come.
        """
        with self._lock:
            for pair in self._pairs:
                pair.abandon(after_bytes=after_bytes)

    def reset(self) -> int:
        """Reset all connections, both ends of each; tells how many."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            pair.reset()
        return len(pairs)

    def wait_until_flowing(self) -> None:
        """Wait while the proxy stalls."""
        self._flows.wait()

    def forget(self, pair: "_Pair") -> None:
        """A connection has ended."""
        with self._lock:
            self._pairs.discard(pair)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._target, timeout=3)
        except OSError:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
            client.close()
            return
        server.settimeout(None)
        pair = _Pair(self, client, server, self.answer_bytes)
        with self._lock:
            self._pairs.add(pair)
            self.accepted += 1
        pair.start()


class _Pair:
    """A client's connection and the one to the server that belongs to it."""

    def __init__(
        self, proxy: Proxy, client: socket.socket, server: socket.socket, answer_bytes: int | None
    ) -> None:
        self._proxy = proxy
        self._client, self._server = client, server
        self._left = answer_bytes
        self._abandoned = False

    def start(self) -> None:
        """Pass on in both directions."""
        Thread(target=self._pump, args=(self._client, self._server), daemon=True).start()
        Thread(target=self._pump, args=(self._server, self._client), daemon=True).start()

    def abandon(self, *, after_bytes: int) -> None:
        """Lose what comes from now on, but for so many bytes of answers."""
        self._left, self._abandoned = after_bytes, after_bytes == 0

    def reset(self) -> None:
        """Reset both ends."""
        for end in (self._client, self._server):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
                end.shutdown(socket.SHUT_RD)  # wakes its reader, which closes it
                end.close()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(_CHUNK):
                self._proxy.wait_until_flowing()
                if allowed := self._allowed(data, answer=source is self._server):
                    target.sendall(allowed)
        except OSError:
            pass
        finally:
            for end in (source, target):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            self._proxy.forget(self)

    def _allowed(self, data: bytes, *, answer: bool) -> bytes:
        """What of it is passed on."""
        if self._abandoned:
            return b""
        if not answer or self._left is None:
            return data
        allowed, self._left = data[: self._left], max(0, self._left - len(data))
        return allowed
