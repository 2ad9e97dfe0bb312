"""Commands and queries, and the one object that knows who handles which. Knows no framework."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from shared_kernel.domain.errors import Refusal

R_co = TypeVar("R_co", covariant=True)


class Command(Generic[R_co]):
    """A request to change something; its result is an R. The fields are what the caller provides.

    `audited` is off only for bookkeeping that follows from an event, whose cause is on record already.
    A command that answers False has found nothing to do, and leaves no line in the audit either.
    `refusals` are those that its handler raises; of one that another context makes, the code alone. The
    published schema lists them.
    `has_secret` is on where a field is a secret that somebody chose: a plain digest would let it be guessed.
    """

    audited: ClassVar[bool] = True
    has_secret: ClassVar[bool] = False
    refusals: ClassVar[tuple[type[Refusal] | str, ...]] = ()


class Query(Generic[R_co]):
    """A question, answered with an R, that changes nothing. `refusals` as of a command."""

    refusals: ClassVar[tuple[type[Refusal] | str, ...]] = ()


class Result:
    """An answer that goes over the wire as it stands: its fields are the public shape."""

    __slots__ = ()


class Repository(Protocol):
    """Keeps aggregates for the span of one unit of work, and writes those that changed at its end."""

    def recorded(self) -> Sequence[Any]:
        """The events of the aggregates that are to be written, in the order they happened."""
        ...

    def flush(self) -> None:
        """Write the aggregates that recorded events."""
        ...


class UnitOfWork(Protocol):
    """A context's unit of work: its repositories for the span of one command."""

    @property
    def repositories(self) -> Sequence[Repository]:
        """Every repository of the context, in the order in which they are to be written."""
        ...


# A handler's own types are checked where it is bound; a mapping over all of them can't name them.
CommandHandler = Callable[..., Any]
QueryHandler = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """What one context can do: each command's and query's handler, bound to its adapters."""

    work: Callable[[], UnitOfWork]
    commands: Mapping[type[Command[Any]], CommandHandler]
    queries: Mapping[type[Query[Any]], QueryHandler]


@dataclass(frozen=True, slots=True)
class Bus:
    """Finds the handler of a message. `transaction` opens the unit of work around a command's handler."""

    commands: Mapping[type[Command[Any]], tuple[CommandHandler, Callable[[], UnitOfWork]]]
    queries: Mapping[type[Query[Any]], QueryHandler]
    transaction: Callable[..., AbstractContextManager[None]]

    @classmethod
    def of(cls, *contexts: Handlers, transaction: Callable[..., AbstractContextManager[None]]) -> Self:
        """Join the contexts' handlers into one bus."""
        return cls(
            {
                command: (handler, context.work)
                for context in contexts
                for command, handler in context.commands.items()
            },
            {query: handler for context in contexts for query, handler in context.queries.items()},
            transaction,
        )
