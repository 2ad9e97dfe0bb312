"""A SendGrid that does as it is told: real HTTP on loopback, for tests in this process and in others.

    python -m tests.fakes.sendgrid --port 8025 --log accepted.jsonl [--behave 500]

What it does with a request is one word:
- a status (`202`, `400`, `401`, `500` …), `400:silent` (no JSON), `429:SECONDS` (Retry-After), `redirect`;
- `slow:SECONDS` takes the mail and answers later, `lose` takes it and then resets the connection;
- `reset` resets the connection without taking the mail, `hang` reads and answers nothing, `drip` sends a byte
  of the answer now and then, for ever.
A process is told by `PUT /behaviour` with the words of the next requests, the last of which stays.
`GET /accepted` answers the mails taken so far, one JSON object a line, as the log has them.
"""

import argparse
import json
import socket
import struct
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Self

#: On close, throw away what is unsent and reset the connection.
_LINGER_ZERO = struct.pack("ii", 1, 0)


class FakeSendGrid:
    """The server. `accepted` are the mails that it took, oldest first; `requests` how often it was asked."""

    def __init__(self, *, port: int = 0, log: Path | None = None, behave: Iterable[str] = ("202",)) -> None:
        self.accepted: list[dict[str, Any]] = []  # SendGrid's own JSON
        self.requests = 0
        self.over = Event()
        self._log = log
        self._lock = Lock()
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.behave(*behave)

    @property
    def url(self) -> str:
        """What SENDGRID_API_URL is to be."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def behave(self, *words: str) -> None:
        """Do these with the next requests, and the last of them with all that follow."""
        with self._lock:
            self._words = deque(words)

    def next_word(self) -> str:
        """What to do with this request."""
        with self._lock:
            self.requests += 1
            return self._words.popleft() if len(self._words) > 1 else self._words[0]

    def take(self, mail: dict[str, Any]) -> None:
        """Accept a mail."""
        with self._lock:
            self.accepted.append(mail)
            if self._log:
                with self._log.open("a") as log:
                    log.write(json.dumps(mail) + "\n")

    @property
    def notices(self) -> list[str]:
        """The ids of the notices whose letters were taken."""
        return [mail["custom_args"]["notice"] for mail in self.accepted]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], fake: FakeSendGrid) -> None:
        self.fake = fake
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        raw = self._body()
        word, _, seconds = self.server.fake.next_word().partition(":")
        if self.path != "/v3/mail/send":
            self._answer(404)
        elif word in {"202", "lose", "slow"}:
            self._accept(raw, lose=word == "lose", after=float(seconds or 0))
        elif word == "reset":
            self._cut()
        elif word == "hang":
            self.server.fake.over.wait()
        elif word == "drip":
            self._drip()
        elif word == "redirect":
            self._answer(302, Location=f"{self.server.fake.url}/v3/mail/send")
        else:
            silent = seconds == "silent"
            headers = {"Retry-After": seconds} if seconds and not silent else {}
            self._answer(int(word), "no" if silent else "", **headers)

    def do_PUT(self) -> None:
        self.server.fake.behave(*json.loads(self._body()))
        self._answer(204)

    def do_GET(self) -> None:
        self._answer(200, "".join(json.dumps(mail) + "\n" for mail in self.server.fake.accepted))

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _accept(self, raw: bytes, *, lose: bool, after: float) -> None:
        try:
            mail = json.loads(raw)
            recipients = [to["email"] for each in mail["personalizations"] for to in each["to"]]
        except (ValueError, KeyError, TypeError):
            self._answer(400)
            return
        if not (self.headers.get("Authorization") or "").startswith("Bearer "):
            self._answer(401)
            return
        self.server.fake.take({**mail, "recipients": recipients})
        self.server.fake.over.wait(after)
        if lose:
            self._cut()
        else:
            self._answer(202, **{"X-Message-Id": f"message-{len(self.server.fake.accepted)}"})

    def _answer(self, status: int, text: str = "", **headers: str) -> None:
        field = "personalizations.0.to.0.email"
        errors = [{"message": "Does not contain a valid address: ada@example.org", "field": field}]
        body = (text or (json.dumps({"errors": errors}) if status >= 400 else "")).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        # The request's two files keep the socket open otherwise.
        self.rfile.close()
        self.wfile = open("/dev/null", "wb")  # noqa: SIM115, PTH123  closed by the base class
        self.connection.close()

    def _drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 202 Accepted\r\nX-Slow: ")
        while not self.server.fake.over.wait(0.02):
            try:
                self.wfile.write(b"o")
                self.wfile.flush()
            except OSError:
                return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--behave", nargs="+", default=["202"])
    arguments = parser.parse_args()
    with FakeSendGrid(port=arguments.port, log=arguments.log, behave=arguments.behave) as fake:
        print(fake.url, flush=True)  # noqa: T201  tells the starter that it is ready
        with suppress(KeyboardInterrupt):
            fake.over.wait()


if __name__ == "__main__":
    main()
