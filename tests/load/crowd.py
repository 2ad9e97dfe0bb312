"""Very many clients at once, each with a connection that it keeps and time to think, over plain sockets.

Locust's clients cost more than the requests that they send; ten thousand of these fit beside the server.
"""

import asyncio
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from time import perf_counter
from urllib.parse import urlsplit

#: Nobody waits longer for an answer.
PATIENCE = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRequest:
    """A request; with a body it is a POST."""

    path: str
    body: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdProfile:
    """How a crowd behaves: each client thinks so many seconds on average between two requests."""

    think: float
    arriving: float
    staying: float


@dataclass(slots=True)
class CrowdResult:
    """What a crowd saw while all of it was there: seconds of each answer, and every trouble."""

    seconds: list[float] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    connected: int = 0
    lasted: float = 0.0
    posts: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.lasted

    def percentile(self, percent: float) -> float:
        """So many of a hundred answers were there within these seconds."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def run_crowd(
    url: str,
    *,
    token: str,
    readers: int,
    reads: Sequence[str],
    lendings: Sequence[PlannedRequest],
    how: CrowdProfile,
) -> CrowdResult:
    """Let readers look at these paths in any order; each pair of posts is one more client's, by turns."""
    return asyncio.run(_visit(url, token, readers, reads, lendings, how))


async def _visit(
    url: str,
    token: str,
    readers: int,
    reads: Sequence[str],
    lendings: Sequence[PlannedRequest],
    how: CrowdProfile,
) -> CrowdResult:
    seen, begin = CrowdResult(), asyncio.Event()
    journeys = [*(_at_random(reads, number) for number in range(readers)), *_pairs(lendings)]
    clients = [_Client(url, token, journey, seen) for journey in journeys]
    tasks = [
        asyncio.create_task(client.stay(how, begin, after=how.arriving * number / len(clients)))
        for number, client in enumerate(clients)
    ]
    await asyncio.sleep(how.arriving)
    while seen.connected < len(clients) and not seen.troubles:  # noqa: ASYNC110  several end it
        await asyncio.sleep(0.05)
    begin.set()
    started = perf_counter()
    await asyncio.sleep(how.staying)
    seen.lasted = perf_counter() - started
    answered = len(seen.seconds)
    begin.clear()
    for client, task in zip(clients, tasks, strict=True):
        if not client.asks:
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    del seen.seconds[answered:]
    return seen


def _at_random(paths: Sequence[str], seed: int) -> Iterator[PlannedRequest]:
    chance = random.Random(seed)
    while True:
        yield PlannedRequest(path=chance.choice(paths))


def _pairs(lendings: Sequence[PlannedRequest]) -> Iterator[Iterator[PlannedRequest]]:
    for borrow, give_back in zip(lendings[::2], lendings[1::2], strict=True):
        yield cycle((borrow, give_back))


class _Client:
    def __init__(self, url: str, token: str, journey: Iterator[PlannedRequest], seen: CrowdResult) -> None:
        self._address = urlsplit(url)
        self._head = f"Host: {self._address.netloc}\r\nAuthorization: Bearer {token}\r\n"
        self._journey, self._seen = journey, seen
        self.asks = False

    async def stay(self, how: CrowdProfile, begin: asyncio.Event, *, after: float) -> None:
        """Connect after a while, wait for all others, then ask and think by turns until it is over."""
        await asyncio.sleep(after)
        try:
            reader, writer = await asyncio.open_connection(self._address.hostname, self._address.port)
            self._seen.connected += 1
            await begin.wait()
            await asyncio.sleep(random.uniform(0, how.think))
            while begin.is_set():
                self.asks = True
                await self._ask(next(self._journey), reader, writer)
                self.asks = False
                if not begin.is_set():
                    break
                await asyncio.sleep(random.uniform(0.5, 1.5) * how.think)
        except (OSError, EOFError, TimeoutError, ValueError) as trouble:
            self._seen.troubles.append(f"{type(trouble).__name__}: {trouble}")

    async def _ask(
        self, asked: PlannedRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        began = perf_counter()
        writer.write(self._written(asked))
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            body = await reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 2"):
            self._seen.troubles.append(f"{asked.path}: {head[9:40]!r} {body[:200]!r}")
            return
        self._seen.seconds.append(perf_counter() - began)
        self._seen.posts += asked.body is not None

    def _written(self, asked: PlannedRequest) -> bytes:
        if asked.body is None:
            return f"GET {asked.path} HTTP/1.1\r\n{self._head}\r\n".encode()
        body = json.dumps(asked.body)
        about = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return f"POST {asked.path} HTTP/1.1\r\n{self._head}{about}\r\n{body}".encode()
