"""One HTTP exchange that ends in time, whatever the other side does."""

import socket
from contextlib import suppress
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Lock, Thread
from urllib.request import Request

#: More than any answer that we read.
_LONGEST_ANSWER = 65536


class NoAnswer(Exception):
    """The exchange failed. `sent` says that the other side may have got the whole request."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class Answer:
    """An answer of any status, in the manner of urllib's responses. Redirects are answers like others."""

    def __init__(self, status: int, headers: Message, body: bytes) -> None:
        self._status, self._headers, self._body = status, headers, body

    def getcode(self) -> int:
        """The status."""
        return self._status

    def info(self) -> Message:
        """The headers."""
        return self._headers

    def read(self) -> bytes:
        """The body."""
        return self._body


def exchange(request: Request, *, seconds: float) -> Answer:
    """Send a request and read its answer within so many seconds in all. Raises NoAnswer.

    A timeout of a socket bounds one read, not a server that drips bytes, and a look-up of a name knows no
    bound at all; so the exchange has a thread of its own, which is left behind when the time is over.
    """
    attempt = _Attempt(request, seconds=seconds)
    attempt.start()
    attempt.join(seconds)
    return attempt.outcome()


class _Attempt(Thread):
    def __init__(self, request: Request, *, seconds: float) -> None:
        super().__init__(daemon=True)
        connection_to = HTTPSConnection if request.type == "https" else HTTPConnection
        self._connection = connection_to(request.host, timeout=seconds)
        self._request = request
        self._body = request.data if isinstance(request.data, bytes) else b""
        self._lock = Lock()
        self._abandoned = False
        self._sent = False
        self._answer: Answer | None = None
        self._failure = ""

    def run(self) -> None:
        try:
            self._prepare()
            self._connection.connect()
            if self._may_send():
                self._answer = self._talk()
        except (OSError, HTTPException, ValueError) as error:
            self._failure = type(error).__name__
        finally:
            self._connection.close()

    def _prepare(self) -> None:
        """Write the head first: what can't be written at all fails before anything is sent."""
        asked = self._request
        self._connection.putrequest(asked.get_method(), asked.selector)
        for name, value in {**dict(asked.header_items()), "Content-Length": str(len(self._body))}.items():
            self._connection.putheader(name, value)

    def _may_send(self) -> bool:
        """From here on the request may arrive; never after it was given up."""
        with self._lock:
            self._sent = not self._abandoned
            return self._sent

    def _talk(self) -> Answer:
        self._connection.endheaders(self._body)
        response = self._connection.getresponse()
        return Answer(response.status, response.headers, response.read(_LONGEST_ANSWER))

    def outcome(self) -> Answer:
        with self._lock:
            if self._answer is not None:
                return self._answer
            self._abandoned = True
            reason = self._failure or "no answer in time"
        self._cut()
        raise NoAnswer(reason, sent=self._sent)

    def _cut(self) -> None:
        """Wake the thread from whatever it reads, so that it ends."""
        if sock := self._connection.sock:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
