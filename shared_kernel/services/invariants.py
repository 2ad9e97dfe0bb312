"""What must be true of the stored data whatever happens, and how it is found where it isn't.

Each context lists its own (`<context>/services/invariants`, `outbox/invariants.py`): functions whose
docstring is the sentence that must be true, and which answer the rows that belie it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Final, Self

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from shared_kernel.models import InvariantCheck
from shared_kernel.services.bus import Result

#: Rows that violate an invariant: columns by name, ids among them.
Rows = Iterable[Mapping[str, Any]]  # as various as columns
#: At most so many violations of one invariant are returned; `more` says if there are others.
MOST: Final = 1000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """A sentence that must be true of the data of one context, its `owner`; `find` returns the violations."""

    name: str
    sentence: str
    find: Callable[[], Rows]

    @classmethod
    def of(cls, owner: str, function: Callable[..., Rows], *ports: object) -> Self:
        """The invariant that a function states; `ports` are what it asks besides its own tables."""
        sentence = (function.__doc__ or "").strip().partition("\n\n")[0]
        return cls(
            name=f"{owner}.{function.__name__}",
            sentence=" ".join(sentence.split()),
            find=partial(function, *ports),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InvariantResult(Result):
    """The result of a check. `failure`: why it couldn't be checked. `more`: there are further violations."""

    invariant: str
    sentence: str
    violations: Sequence[Mapping[str, str]] = ()
    more: bool = False
    failure: str = ""

    @property
    def holds(self) -> bool:
        """Whether it was checked and has no violation."""
        return not self.violations and not self.failure


def check_invariant(invariant: Invariant) -> InvariantResult:
    """Find the violations of an invariant, by one or a few statements. Read-only."""
    name, sentence = invariant.name, invariant.sentence
    try:
        found = _found(invariant)
    except Exception as error:  # one that can't be checked doesn't keep the others from it
        log.exception("an invariant could not be checked", invariant=name)
        return InvariantResult(invariant=name, sentence=sentence, failure=type(error).__name__)
    return InvariantResult(invariant=name, sentence=sentence, violations=found[:MOST], more=len(found) > MOST)


def save_results(results: Sequence[InvariantResult]) -> None:
    """Store the results for monitoring, and delete those of invariants that no longer exist."""
    now = timezone.now()
    rows = [
        InvariantCheck(
            name=each.invariant, violations=len(each.violations), failed=bool(each.failure), at=now
        )
        for each in results
    ]
    columns = ["violations", "failed", "at"]
    InvariantCheck.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["name"], update_fields=columns
    )
    InvariantCheck.objects.exclude(name__in=[row.name for row in rows]).delete()


def last_checks() -> Sequence[InvariantCheck]:
    """The latest result of each invariant."""
    return list(InvariantCheck.objects.order_by("name"))


def _found(invariant: Invariant) -> list[Mapping[str, str]]:
    with _one_moment():
        return _told(invariant.find())


@contextmanager
def _one_moment() -> Iterator[None]:
    """All that is read inside is of one moment, however long it takes, and keeps nobody from writing."""
    if connection.in_atomic_block:
        with transaction.atomic():
            yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            yield
    else:  # Django's own transaction would be one that writes
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


def _told(rows: Rows) -> list[Mapping[str, str]]:
    some = rows[: MOST + 1] if isinstance(rows, QuerySet) else islice(rows, MOST + 1)
    return [{name: _text(value) for name, value in row.items()} for row in some]


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
