"""Reads a request's body off the wire before Django hears of it: bounded in size, in time and on disk."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Final

from asgiref.typing import ASGIReceiveCallable, HTTPScope

from library_project.serving.byte_budget import ByteBudget
from library_project.serving.wsgi_environ import header

#: What anybody may send: a form or a command. It stays in memory.
SMALL: Final = 16 * 1024
#: Beyond this a body is on disk.
_IN_MEMORY: Final = 1024 * 1024
#: All bodies of a process that are larger than SMALL.
_budget: Final = ByteBudget(256 * 1024 * 1024)


class BodyRefused(Exception):
    """The body was not taken in; the status says why."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


class ClientDisconnected(Exception):
    """The connection ended in the middle of the body. There is nobody to answer."""


class Body:
    """A body that has arrived as a whole: a file to read it from and its length."""

    def __init__(self) -> None:
        self.file: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed by close()
        self.length = 0
        self._taken = 0

    def add(self, chunk: bytes) -> None:
        """Append. Raises BodyRefused where the process has no room left for it."""
        self.length += len(chunk)
        if self.length > SMALL:
            due = self.length - self._taken
            if not _budget.take(due):
                raise BodyRefused(HTTPStatus.SERVICE_UNAVAILABLE)
            self._taken += due
        self.file.write(chunk)

    def close(self) -> None:
        """Forget it and free its room."""
        self.file.close()
        _budget.give_back(self._taken)
        self._taken = 0


def may_have_body(scope: HTTPScope) -> bool:
    """Whether there is anything to wait for."""
    if scope["http_version"].startswith("2"):
        return True
    return any(
        (name == b"content-length" and value != b"0") or name == b"transfer-encoding"
        for name, value in scope["headers"]
    )


class BodyReader:
    """Reads request bodies. `largest` returns how many bytes this client may send; asked above SMALL only."""

    def __init__(self, *, timeout: float, slowest: float) -> None:
        """`timeout`: seconds for any body; each further byte beyond SMALL buys 1/`slowest` seconds."""
        self._timeout = timeout
        self._slowest = slowest

    async def read(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, largest: Callable[[], Awaitable[int]]
    ) -> Body:
        """The whole body. Raises BodyRefused (408, 413, 503) and ClientDisconnected."""
        limit = SMALL
        if int(header(scope, b"content-length") or 0) > limit:
            limit = await self._larger(scope, largest)
        body = Body()
        try:
            async with asyncio.timeout(self._timeout) as deadline:
                began = asyncio.get_running_loop().time()
                async for chunk in _chunks(receive):
                    if body.length + len(chunk) > limit:
                        limit = await self._larger(scope, largest) if limit == SMALL else limit
                        if body.length + len(chunk) > limit:
                            raise BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                    body.add(chunk)
                    if body.length > SMALL:
                        deadline.reschedule(began + self._timeout + body.length / self._slowest)
        except TimeoutError:
            body.close()
            raise BodyRefused(HTTPStatus.REQUEST_TIMEOUT) from None
        except BaseException:
            body.close()
            raise
        body.file.seek(0)
        return body

    @staticmethod
    async def _larger(scope: HTTPScope, largest: Callable[[], Awaitable[int]]) -> int:
        """What this client may send beyond SMALL. Raises BodyRefused where it announces more than that."""
        limit = await largest()
        if int(header(scope, b"content-length") or 0) > limit:
            raise BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return limit


async def _chunks(receive: ASGIReceiveCallable) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnected
        yield message["body"]
        if not message["more_body"]:
            return
