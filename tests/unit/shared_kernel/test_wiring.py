from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from shared_kernel.services.bus import Command, CommandHandler, Query, QueryHandler, UnitOfWork
from shared_kernel.services.wiring import BookkeepingWork, WiringError, bind


class Bell(Protocol):
    def ring(self) -> str: ...


class Brass:
    def ring(self) -> str:
        return "ding"


class DeskWork(BookkeepingWork): ...


@dataclass(frozen=True, kw_only=True)
class Ports:
    work: Callable[[], DeskWork] = DeskWork
    bell: Bell
    name: str = "desk"


class Ring(Command[str]): ...


class Listen(Query[str]): ...


def ring(_command: Ring, work: DeskWork, *, bell: Bell) -> str:
    return f"{type(work).__name__} {bell.ring()}"


def listen(_query: Listen, *, work: DeskWork, bell: Bell, name: str) -> str:
    return f"{type(work).__name__} {bell.ring()} {name}"


def wired(*, command: CommandHandler | None = None, query: QueryHandler | None = None) -> Any:
    commands, queries = ([command] if command else []), ([query] if query else [])
    return bind(commands=commands, queries=queries, ports=Ports(bell=Brass()))


class TestAHandler:
    def test_of_a_command_gets_the_ports_that_its_signature_names(self) -> None:
        assert wired(command=ring).commands[Ring](Ring(), DeskWork()) == "DeskWork ding"

    def test_of_a_query_gets_a_unit_of_work_of_its_own_too(self) -> None:
        assert wired(query=listen).queries[Listen](Listen()) == "DeskWork ding desk"

    def test_that_asks_for_an_unknown_port_is_refused(self) -> None:
        def whistling(_command: Ring, _work: DeskWork, *, whistle: Bell) -> str:
            return whistle.ring()

        with pytest.raises(WiringError, match="asks for whistle"):
            wired(command=whistling)

    def test_that_asks_for_a_port_of_another_type_is_refused(self) -> None:
        def mistaken(_command: Ring, _work: DeskWork, *, name: Bell) -> str:
            return name.ring()

        with pytest.raises(WiringError, match="asks for name"):
            wired(command=mistaken)

    def test_that_wants_another_context_s_unit_of_work_is_refused(self) -> None:
        def foreign(_command: Ring, work: UnitOfWork) -> str:
            return str(work)

        with pytest.raises(WiringError, match="another unit of work"):
            wired(command=foreign)

    def test_never_shares_a_repository_with_other_calls(self) -> None:
        class Shelf(Brass):
            def flush(self) -> None: ...

        with pytest.raises(WiringError, match="repository"):
            bind(commands=[ring], queries=[], ports=Ports(bell=Shelf()))

    def test_that_answers_something_else_than_its_command_promises_is_refused(self) -> None:
        def counting(_command: Ring, _work: DeskWork) -> int:
            return 1

        with pytest.raises(WiringError, match="counting"):
            wired(command=counting)
