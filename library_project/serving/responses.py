"""Has Django answer, in a thread, and hands the answer on to the client at the client's own pace."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
from django.core.handlers.wsgi import WSGIHandler
from django.http.response import HttpResponseBase

from library_project.serving.spool import Spool, SpoolBroken, SpoolFull
from library_project.serving.worker_slots import Job
from library_project.serving.wsgi_environ import Environ
from shared_kernel.resilience.bulkheads import Bulkhead, Overloaded, move_to_bulkhead
from shared_kernel.web.request_body import BODY_REFUSAL_STATUS

#: A stream that is longer than this may take long to write.
_LONG: Final = 64 * 1024
#: An answer that is larger than this isn't kept in memory for a client that may not read it.
_LARGE: Final = 256 * 1024
#: Seconds that a long answer waits for others to make room for it.
_PATIENCE: Final = 30.0
#: Seconds in which a client must take the next part of a long answer.
_STALLED: Final = 60.0

Head = tuple[int, list[tuple[bytes, bytes]]]

logger = logging.getLogger("library.serving")


@dataclass(frozen=True, slots=True)
class ServedResponse:
    """Status, headers, and the body: all of it, on its way, or the file that it is."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes | Spool | Path


def get_response(django: WSGIHandler, environ: Environ, job: Job[ServedResponse]) -> ServedResponse:
    """Django's response. A long one is handed over while the rest is still being written."""
    head, response = _asked(django, environ)
    try:
        if not getattr(response, "streaming", False):
            return ServedResponse(*head, _body(b"".join(response), job))
        file = _file(response)
        return ServedResponse(*head, file) if file else _stream(head, response, job)
    except (Overloaded, SpoolFull):
        return _refused(django, environ, HTTPStatus.SERVICE_UNAVAILABLE)
    except Exception:
        if job.result.done():
            raise
        logger.exception("an answer could not be completed")
        return _refused(django, environ, HTTPStatus.INTERNAL_SERVER_ERROR)
    finally:
        response.close()


def _body(whole: bytes, job: Job[ServedResponse]) -> bytes | Spool:
    if len(whole) <= _LARGE:
        return whole
    spool = Spool(job.loop)
    spool.write(whole)
    spool.end()
    return spool


def _file(response: HttpResponseBase) -> Path | None:
    """The file that the answer is, all of it; the server reads it by itself."""
    if response.status_code != HTTPStatus.OK:
        return None
    name = getattr(getattr(response, "file_to_stream", None), "name", None)
    return Path(name) if isinstance(name, str) else None


def _stream(head: Head, parts: Iterable[bytes], job: Job[ServedResponse]) -> ServedResponse:
    """A short answer as a whole; of a longer one, its beginning and where the rest will be."""
    begun: list[bytes] = []
    parts, length = iter(parts), 0
    while length <= _LONG:
        part = next(parts, None)
        if part is None:
            return ServedResponse(*head, b"".join(begun))
        begun.append(part)
        length += len(part)
    move_to_bulkhead(Bulkhead.STREAMING)
    spool = Spool(job.loop)
    told = ServedResponse(*head, spool)
    try:
        spool.write(b"".join(begun))
        job.tell(told)
        for part in parts:
            spool.write(part, patience=_PATIENCE)
    except BaseException:
        spool.end(broken=True)
        raise
    spool.end()
    return told


def _asked(django: WSGIHandler, environ: Environ) -> tuple[Head, HttpResponseBase]:
    head: list[Any] = []  # what start_response is called with

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> Callable[[bytes], object]:
        encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        head[:] = [int(status[:3]), encoded]
        return lambda _: None

    response: HttpResponseBase = django(environ, start_response)
    return (head[0], head[1]), response


def _refused(django: WSGIHandler, environ: Environ, status: HTTPStatus) -> ServedResponse:
    head, response = _asked(django, environ | {BODY_REFUSAL_STATUS: status})
    with_body = b"".join(response)
    response.close()
    return ServedResponse(*head, with_body)


async def deliver(response: ServedResponse, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Send the answer.

    HTTP gives no sign for a long answer that breaks off, and ending it would make it look whole. So nothing
    more is sent of it until the client gives up.
    """
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": response.headers,
            "trailers": False,
        }
    )
    if isinstance(response.body, Path):
        await send({"type": "http.response.pathsend", "path": str(response.body)})  # type: ignore[arg-type]  # an extension
        return
    if isinstance(response.body, bytes):
        await send({"type": "http.response.body", "body": response.body, "more_body": False})
        return
    gone = asyncio.create_task(_client_left(receive, response.body))
    try:
        while part := await response.body.read():
            async with asyncio.timeout(_STALLED):
                await send({"type": "http.response.body", "body": part, "more_body": True})
    except (SpoolBroken, TimeoutError):
        response.body.abandon()
        await gone
    else:
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        gone.cancel()


async def _client_left(receive: ASGIReceiveCallable, spool: Spool) -> None:
    with suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass
        spool.abandon()
