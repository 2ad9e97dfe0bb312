"""What the server does with bodies, places and long answers, without a wire."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from threading import Event
from typing import Any, cast

import pytest
from asgiref.typing import ASGIReceiveCallable, HTTPScope

from library_project.serving import request_bodies, spool
from library_project.serving.byte_budget import ByteBudget
from library_project.serving.request_bodies import SMALL, Body, BodyReader, BodyRefused, ClientDisconnected
from library_project.serving.spool import Spool, SpoolBroken, SpoolFull
from library_project.serving.worker_slots import Job, WorkerSlots
from library_project.serving.wsgi_environ import environ_of
from shared_kernel.resilience.bulkheads import Bulkhead, Overloaded, move_to_bulkhead


def scope(*headers: tuple[str, str], path: str = "/login") -> HTTPScope:
    return cast(
        "HTTPScope",
        {
            "type": "http",
            "method": "POST",
            "http_version": "1.1",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers],
            "server": ("127.0.0.1", 8000),
            "client": ("192.0.2.7", 1234),
        },
    )


def arriving(*parts: bytes, ends: bool = True) -> ASGIReceiveCallable:
    """A client that sends these and then ends the body, or its connection."""
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": part, "more_body": True} for part in parts
    ]
    messages.append(
        {"type": "http.request", "body": b"", "more_body": False} if ends else {"type": "http.disconnect"}
    )
    coming = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(coming)

    return cast("ASGIReceiveCallable", receive)


def allowed(size: int) -> Callable[[], Awaitable[int]]:
    async def largest() -> int:
        return size

    return largest


def read(
    receive: ASGIReceiveCallable, *, size: int = SMALL, timeout: float = 5, of: HTTPScope | None = None
) -> Body:
    reader = BodyReader(timeout=timeout, slowest=1024)
    return asyncio.run(reader.read(of or scope(), receive, allowed(size)))


class TestABody:
    def test_is_there_as_a_whole(self) -> None:
        body = read(arriving(b"one ", b"", b"two"))
        assert (body.file.read(), body.length) == (b"one two", 7)

    def test_is_nobodys_when_the_client_has_gone(self) -> None:
        with pytest.raises(ClientDisconnected):
            read(arriving(b"one", ends=False))

    @pytest.mark.parametrize("parts", [[b"a" * (SMALL + 1)], [b"a"] * (SMALL + 1)])
    def test_may_be_small_for_anybody(self, parts: Iterable[bytes]) -> None:
        with pytest.raises(BodyRefused) as refused:
            read(arriving(*parts))
        assert refused.value.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def test_is_refused_unread_where_it_says_that_it_is_too_large(self) -> None:
        with pytest.raises(BodyRefused) as refused:
            read(arriving(), of=scope(("content-length", str(SMALL + 1))))
        assert refused.value.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def test_may_be_larger_for_some(self) -> None:
        assert read(arriving(b"a" * SMALL, b"b" * SMALL), size=2 * SMALL).length == 2 * SMALL

    def test_has_a_deadline_however_often_a_byte_comes(self) -> None:
        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0.01)
            return {"type": "http.request", "body": b"a", "more_body": True}

        with pytest.raises(BodyRefused) as refused:
            read(cast("ASGIReceiveCallable", receive), timeout=0.1)
        assert refused.value.status == HTTPStatus.REQUEST_TIMEOUT

    def test_has_no_room_where_others_take_all_of_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(request_bodies, "_budget", ByteBudget(3 * SMALL))
        first = read(arriving(b"a" * 2 * SMALL), size=9 * SMALL)
        with pytest.raises(BodyRefused) as refused:
            read(arriving(b"a" * 2 * SMALL), size=9 * SMALL)
        assert refused.value.status == HTTPStatus.SERVICE_UNAVAILABLE
        first.close()
        assert read(arriving(b"a" * 2 * SMALL), size=9 * SMALL).length == 2 * SMALL


class TestTheEnviron:
    def test_has_the_true_length_and_no_header_with_an_underscore(self) -> None:
        body = read(arriving(b"title=1"))
        headers = (
            *(
                ("transfer-encoding", "chunked"),
                ("content-type", "text/plain"),
                ("x-forwarded-for", "1.1.1.1"),
            ),
            *(("x_forwarded_for", "6.6.6.6"), ("x-forwarded-for", "2.2.2.2")),
            *(("cookie", "a=1"), ("cookie", "b=2")),
        )
        environ = environ_of(scope(*headers, path="/b%C3%A9"), body.file, body.length)
        assert environ["CONTENT_LENGTH"] == "7"
        assert environ["CONTENT_TYPE"] == "text/plain"
        assert environ["HTTP_X_FORWARDED_FOR"] == "1.1.1.1,2.2.2.2"
        assert environ["HTTP_COOKIE"] == "a=1; b=2"
        assert environ["PATH_INFO"].encode("latin-1").decode() == "/bé"
        assert "HTTP_TRANSFER_ENCODING" not in environ
        assert environ["REMOTE_ADDR"] == "192.0.2.7"


class TestPlaces:
    def test_are_so_many(self) -> None:
        async def both() -> list[str]:
            places, go_on, order = WorkerSlots(1), Event(), list[str]()

            def slow(_: Job[None]) -> None:
                go_on.wait(5)
                order.append("slow")

            first = asyncio.create_task(places.run(slow))
            second = asyncio.create_task(places.run(lambda _: order.append("quick")))
            await asyncio.sleep(0.05)
            assert order == []
            go_on.set()
            await asyncio.gather(first, second)
            return order

        assert asyncio.run(both()) == ["slow", "quick"]

    def test_are_left_by_who_steps_aside_while_there_is_room(self) -> None:
        async def all_of_them() -> None:
            places, go_on = WorkerSlots(1, aside={Bulkhead.WAITING: 1}), Event()

            def waits(_: Job[str]) -> str:
                move_to_bulkhead(Bulkhead.WAITING)
                move_to_bulkhead(Bulkhead.WAITING)  # is aside already
                assert go_on.wait(5)
                return "waited"

            waiting = asyncio.create_task(places.run(waits))
            assert await places.run(lambda _: "quick") == "quick"
            with pytest.raises(Overloaded):
                await places.run(waits)
            go_on.set()
            assert await waiting == "waited"
            assert await places.run(waits) == "waited"
            assert await places.run(lambda _: "quick") == "quick"

        asyncio.run(asyncio.wait_for(all_of_them(), 20))

    def test_are_free_again_after_an_error(self) -> None:
        def fails(_: Job[None]) -> None:
            raise ValueError

        async def twice() -> None:
            places = WorkerSlots(1)
            for _ in range(2):
                with pytest.raises(ValueError):
                    await places.run(fails)

        asyncio.run(twice())


class TestASpool:
    def test_gives_what_was_written_at_the_readers_pace(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(spool, "_budget", ByteBudget(9_000_000))
        parts = [bytes([number % 256]) * 70_001 for number in range(200)]

        async def read_all() -> bytes:
            answer, found = Spool(asyncio.get_running_loop()), bytearray()

            def write() -> None:
                for part in parts:
                    answer.write(part, patience=10)
                answer.end()

            with ThreadPoolExecutor(1) as aside:
                aside.submit(write)
                while part := await answer.read():
                    found += part
                    await asyncio.sleep(0)
            return bytes(found)

        assert asyncio.run(read_all()) == b"".join(parts)
        assert spool._budget.take(9_000_000)

    def test_has_an_end_of_its_room(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(spool, "_budget", ByteBudget(100))

        async def fill() -> None:
            answer = Spool(asyncio.get_running_loop())
            answer.write(b"a" * 100)
            with pytest.raises(SpoolFull):
                answer.write(b"a")
            with pytest.raises(SpoolBroken):
                await answer.read()
            answer.abandon()

        asyncio.run(fill())
        assert spool._budget.take(100)

    def test_lets_its_writer_know_that_nobody_reads(self) -> None:
        async def leave() -> None:
            answer = Spool(asyncio.get_running_loop())
            answer.write(b"a")
            answer.abandon()
            with pytest.raises(SpoolBroken):
                answer.write(b"b")

        asyncio.run(leave())
