"""A long answer on its way from the thread that writes it to a client that reads as slowly as it likes."""

import asyncio
from collections import deque
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import IO, Final

from library_project.serving.byte_budget import ByteBudget

#: A spool is a chain of files of this size, so that what has been read makes room.
_LINK: Final = 4 * 1024 * 1024
_IN_MEMORY: Final = 256 * 1024
_CHUNK: Final = 64 * 1024
#: All long answers of a process.
_budget: Final = ByteBudget(512 * 1024 * 1024)


class SpoolBroken(Exception):
    """The answer can't be completed: its writer failed, or its reader left."""


class SpoolFull(SpoolBroken):
    """There is no room for the answer."""


class _Link:
    def __init__(self) -> None:
        self.file: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed by the spool
        self.written = self.read = 0


class Spool:
    """Written in a thread, read in the event loop, in order."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._news = asyncio.Event()
        self._lock = Lock()
        self._links: deque[_Link] = deque()
        self._ended = self._broken = False

    def write(self, chunk: bytes, *, patience: float = 0) -> None:
        """Append. Raises SpoolBroken where nobody reads any more, SpoolFull where no room is made in time."""
        if not _budget.take(len(chunk), patience=patience):
            self.end(broken=True)
            raise SpoolFull
        with self._lock:
            if self._broken:
                _budget.give_back(len(chunk))
                raise SpoolBroken
            if not self._links or self._links[-1].written >= _LINK:
                self._links.append(_Link())
            link = self._links[-1]
            link.file.seek(link.written)
            link.file.write(chunk)
            link.written += len(chunk)
        self._loop.call_soon_threadsafe(self._news.set)

    def end(self, *, broken: bool = False) -> None:
        """No more will be written; where it is broken, what there is isn't all."""
        with self._lock:
            self._ended = True
            self._broken |= broken
        self._loop.call_soon_threadsafe(self._news.set)

    async def read(self) -> bytes:
        """The next part; nothing at the end. Raises SpoolBroken."""
        while True:
            self._news.clear()
            with self._lock:
                if self._broken:
                    raise SpoolBroken
                chunk, ended = self._next(), self._ended
            if chunk or ended:
                return chunk
            await self._news.wait()

    def abandon(self) -> None:
        """Nobody will read on: free the room, and let the writer know."""
        with self._lock:
            self._broken = True
            while self._links:
                self._drop()

    def _next(self) -> bytes:
        if not self._links:
            return b""
        link = self._links[0]
        link.file.seek(link.read)
        chunk = link.file.read(_CHUNK)
        link.read += len(chunk)
        if link.read == link.written and (link.written >= _LINK or self._ended):
            self._drop()
        return chunk

    def _drop(self) -> None:
        link = self._links.popleft()
        link.file.close()
        _budget.give_back(link.written)
