"""Binds a context's handlers to what they need, by their signatures. Knows no framework.

A command handler is `(command, work, *, ports…)`, a query handler `(query, *, ports…)`. The annotation of the
first parameter says which message it handles. Each keyword-only parameter is a field of the context's `Ports`
with the same name and type. Type checkers see that an adapter satisfies its port, where `Ports` is built;
`bind` sees at start that every handler gets what it asks for.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import Parameter, signature
from typing import Any, Protocol, get_args, get_type_hints

from shared_kernel.services.bus import CommandHandler, Handlers, QueryHandler, Repository, UnitOfWork


class WiringError(TypeError):
    """A handler asks for something that its context doesn't have, or answers something else than it says."""


class ContextPorts(Protocol):
    """What the handlers of a context may ask for: a frozen dataclass with a field for each port."""

    @property
    def work(self) -> Callable[[], UnitOfWork]:
        """Begins a unit of work."""
        ...


def bind(
    *, commands: Iterable[CommandHandler], queries: Iterable[QueryHandler], ports: ContextPorts
) -> Handlers:
    """The handlers of one context, ready for the bus. Raises WiringError."""
    return Handlers(
        work=ports.work,
        commands={_message(handler): _with_ports(handler, ports) for handler in commands},
        queries={_message(handler): _with_work(_with_ports(handler, ports), ports) for handler in queries},
    )


def _message(handler: Callable[..., Any]) -> type[Any]:
    """The command or query type that the handler takes first; it must answer what that type promises."""
    hints = get_type_hints(handler)
    message: type[Any] = hints[next(iter(signature(handler).parameters))]
    (promised,) = get_args(message.__orig_bases__[0])  # Command[...] or Query[...]
    if hints["return"] != (type(None) if promised is None else promised):
        raise WiringError(f"{handler.__qualname__} answers {hints['return']}, {message.__name__} {promised}")
    return message


def _with_ports(handler: Callable[..., Any], ports: ContextPorts) -> Callable[..., Any]:
    offered, wanted = get_type_hints(type(ports)), get_type_hints(handler)
    found = {}
    for name, parameter in signature(handler).parameters.items():
        if name == "work" and offered["work"] != Callable[[], wanted[name]]:
            raise WiringError(f"{handler.__qualname__} asks for another unit of work: {wanted[name]}")
        if parameter.kind is not Parameter.KEYWORD_ONLY or name == "work":
            continue
        if offered.get(name) != wanted[name]:
            raise WiringError(f"{handler.__qualname__} asks for {name}: {wanted[name]}, which isn't there")
        found[name] = _port(ports, name)
    return partial(handler, **found) if found else handler


def _port(ports: ContextPorts, name: str) -> object:
    """A port that all calls share, so never a repository: that one remembers what it has read."""
    port: object = getattr(ports, name)
    if hasattr(port, "flush"):
        raise WiringError(f"{name} is a repository, which lives for one unit of work: ask for `work` instead")
    return port


def _with_work(handler: Callable[..., Any], ports: ContextPorts) -> QueryHandler:
    """A query that reads through repositories begins a unit of work of its own."""
    if "work" not in signature(handler).parameters:
        return handler
    return lambda query: handler(query, work=ports.work())


class BookkeepingWork:
    """The unit of work of commands that change rows without aggregates, and so record no events."""

    repositories: Sequence[Repository] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BookkeepingPorts:
    """Ports of what needs none."""

    work: Callable[[], UnitOfWork] = BookkeepingWork
