"""The context of a request: who acts, through which entry point, and the correlation id."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import uuid4


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """Where a command comes from.

    `principal` is an account's id, never a person's name (`user:7`, `token:…`, `system`). `correlation_id`
    is shared by everything that one request brought about, `causation_id` is the event that caused this.
    `acts_at` moves the domain's clock in tests.
    """

    principal: str = "system"
    door: str = "internal"
    correlation_id: str = field(default_factory=lambda: str(uuid4()))
    causation_id: str | None = None
    acts_at: datetime | None = None


_origin: ContextVar[RequestContext | None] = ContextVar("origin", default=None)
_subjects: ContextVar[dict[str, str] | None] = ContextVar("subjects", default=None)
_overridden: ContextVar[list[str] | None] = ContextVar("overridden", default=None)


def current_context() -> RequestContext:
    """The current context, or a new one of the system if no entry point has set any."""
    return _origin.get() or RequestContext()


@contextmanager
def request_context(who: RequestContext) -> Iterator[None]:
    """Everything inside happens on behalf of this origin."""
    token = _origin.set(who)
    try:
        yield
    finally:
        _origin.reset(token)


@contextmanager
def with_context(**changes: str | datetime | None) -> Iterator[None]:
    """Everything inside happens on behalf of the current origin, with these fields changed."""
    with request_context(replace(current_context(), **changes)):  # type: ignore[arg-type]  # dataclasses.replace is untyped
        yield


def set_principal(principal: str) -> None:
    """Set the principal once an entry point has authenticated it, for the rest of the current context."""
    _origin.set(replace(current_context(), principal=principal))


@contextmanager
def audit_subjects() -> Iterator[dict[str, str]]:
    """Collects what the command inside says it concerns."""
    collected: dict[str, str] = {}
    token = _subjects.set(collected)
    try:
        yield collected
    finally:
        _subjects.reset(token)


def bind_audit_subjects(**ids: object) -> None:
    """Note, for the audit, which things the current command is about: ids, never a person's name or card.

    Said as soon as an id is known, so that a refused command is on record under the same ids. None is no id.
    """
    subjects = _subjects.get()
    if subjects is not None:
        subjects.update({name: str(value) for name, value in ids.items() if value is not None})


@contextmanager
def audit_overrides() -> Iterator[list[str]]:
    """Collects the codes of the refusals that the command inside sets aside."""
    collected: list[str] = []
    token = _overridden.set(collected)
    try:
        yield collected
    finally:
        _overridden.reset(token)


def bind_audit_overrides(codes: Iterable[str]) -> None:
    """Note, for the audit, which refusals the current command sets aside."""
    overridden = _overridden.get()
    if overridden is not None:
        overridden[:] = codes


class RequestClock:
    """The system's clock, unless the origin says at which instant it acts."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        return current_context().acts_at or datetime.now(UTC)
