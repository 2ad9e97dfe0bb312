"""The ASGI application: takes a whole request in, has Django answer it in a thread, hands the answer out."""

import asyncio
import sys
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Final

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope
from django.core.handlers.wsgi import WSGIHandler

from library_project.serving.body_limits import largest_body
from library_project.serving.request_bodies import (
    Body,
    BodyReader,
    BodyRefused,
    ClientDisconnected,
    may_have_body,
)
from library_project.serving.responses import ServedResponse, deliver, get_response
from library_project.serving.worker_slots import Job, WorkerSlots
from library_project.serving.wsgi_environ import environ_of
from shared_kernel.resilience.bulkheads import Bulkhead
from shared_kernel.web.request_body import BODY_REFUSAL_STATUS

#: Requests that Django works on at once. The interpreter runs one thread at a time.
WORKER_SLOTS: Final = 2
#: Requests beside them that wait for locks, or write long answers. Each may hold a database connection.
BULKHEAD_SIZES: Final = {Bulkhead.WAITING: 4, Bulkhead.STREAMING: 2}
#: After so long a thread that computes lets another one have the interpreter, such as the event loop.
_SWITCH_SECONDS: Final = 0.001
#: Seconds for a body, and the bytes a second that a large one must come with.
_BODY_TIMEOUT: Final = 15.0
_SLOWEST: Final = 32 * 1024
#: How much, and how long, of a refused body is let run dry, so that its sender gets to read why.
_RUN_DRY_BYTES: Final = 64 * 1024 * 1024
_RUN_DRY_SECONDS: Final = 5.0


class Application:
    """Serves Django's WSGI handler to an ASGI server."""

    def __init__(self, django: WSGIHandler) -> None:
        sys.setswitchinterval(_SWITCH_SECONDS)
        self._django = django
        self._places = WorkerSlots(WORKER_SLOTS, aside=BULKHEAD_SIZES)
        #: Health checks have a slot of their own, so that they never wait.
        self._health = WorkerSlots(1)
        self._bodies = BodyReader(timeout=_BODY_TIMEOUT, slowest=_SLOWEST)

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer a request; nothing else is served."""
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        if not may_have_body(scope):
            await deliver(await self._answer(scope, None, None), receive, send)
            return
        try:
            body = await self._bodies.read(scope, receive, partial(self._largest, scope))
        except ClientDisconnected:
            return
        except BodyRefused as refused:
            told = await self._answer(scope, None, refused.status)
            told.headers.append((b"connection", b"close"))
            await deliver(told, receive, send)
            if refused.status != HTTPStatus.REQUEST_TIMEOUT:
                await _run_dry(receive)
        else:
            await deliver(await self._answer(scope, body, None), receive, send)

    async def _answer(
        self, scope: HTTPScope, body: Body | None, refused: HTTPStatus | None
    ) -> ServedResponse:
        places = self._health if scope["path"].rstrip("/") == "/health" else self._places
        return await places.run(partial(self._in_thread, scope, body, refused))

    def _in_thread(
        self, scope: HTTPScope, body: Body | None, refused: HTTPStatus | None, job: Job[ServedResponse]
    ) -> ServedResponse:
        environ = environ_of(scope, body.file, body.length) if body else environ_of(scope)
        if refused:
            environ[BODY_REFUSAL_STATUS] = refused
        try:
            return get_response(self._django, environ, job)
        finally:
            if body:
                body.close()

    async def _largest(self, scope: HTTPScope) -> int:
        return await self._places.run(lambda _: largest_body(environ_of(scope)))


async def _run_dry(receive: ASGIReceiveCallable) -> None:
    left = _RUN_DRY_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(_RUN_DRY_SECONDS):
            while (
                left > 0 and (message := await receive())["type"] == "http.request" and message["more_body"]
            ):
                left -= len(message["body"])
