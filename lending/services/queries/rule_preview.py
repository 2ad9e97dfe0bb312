"""What would change, before a rule is set."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import Count, QuerySet

from lending.domain.circulation_rule import CirculationRule, Dimensions
from lending.domain.hold import ACTIVE_STATES
from lending.domain.rule_change import ChangedValue, changed_values
from lending.domain.rule_values import NO_LIMIT, RuleValue
from lending.models import HoldRow, LoanRow
from lending.services.borrowing import Directories
from lending.services.ports import LendingWork, PatronDirectory
from lending.services.rule_scope import known_dimensions
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Query

#: Beyond so many, nobody needs to know how many more there are.
MOST_COUNTED: Final = 10_000
#: So many limits are looked into; a change of more is told by its values alone.
_MOST_LIMITS: Final = 20
#: What each limit makes refused: counted are open loans, those of one type, those overdue, or active holds.
_REFUSALS: Final = {
    "max_loans": "loan_limit_reached",
    "max_of_type": "item_type_limit_reached",
    "block_overdue": "overdue_block",
    "hold_limit": "hold_limit_reached",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewlyRefused:
    """So many patrons of a category (at most 10 001), not refused with this code today, would be so."""

    code: str
    category: str
    item_type: str | None
    before: RuleValue
    after: RuleValue
    patrons: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """What setting a rule would do.

    `loans` and `holds` are the open loans, which keep their terms, and the active holds that the rule speaks
    of, each counted up to 10 001. `changes` are the effective values that would be others.
    """

    loans: int
    holds: int
    changes: Sequence[ChangedValue]
    newly_refused: Sequence[NewlyRefused]


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePreview(Query[RuleChange]):
    """What would SetRule with these values do?"""

    branch: str | None = None
    category: str | None = None
    item_type: str | None = None
    values: Mapping[str, object]


def rule_preview(
    query: RulePreview, *, work: LendingWork, directories: Directories, clock: Clock
) -> RuleChange:
    """The change. Refused as SetRule would be."""
    dimensions = known_dimensions(
        branch=query.branch,
        category=query.category,
        item_type=query.item_type,
        work=work,
        patrons=directories.patrons,
    )
    rules = work.rules.matrix()
    now = clock.now()
    changed = CirculationRule(dimensions=dimensions)
    changed.set(query.values, at=now, by="")
    changes = changed_values(rules, changed)
    return RuleChange(
        loans=_counted(_loans_of(dimensions, directories)),
        holds=_counted(_holds_of(dimensions, directories)),
        changes=changes,
        newly_refused=list(_newly_refused(changes, rules, patrons=directories.patrons, now=now)),
    )


def _loans_of(about: Dimensions, directories: Directories) -> "QuerySet[LoanRow]":
    rows = LoanRow.objects.filter(state=LoanRow.State.OPEN)
    wanted = {"branch": about.branch, "item_type": about.item_type}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if about.category is not None:
        rows = rows.filter(patron_id__in=directories.patrons.in_category(about.category))
    return rows


def _holds_of(about: Dimensions, directories: Directories) -> "QuerySet[HoldRow]":
    rows = HoldRow.objects.filter(state__in=ACTIVE_STATES)
    if about.branch is not None or about.item_type is not None:
        books = directories.copies.books_having(branch=about.branch, item_type=about.item_type)
        rows = rows.filter(book_id__in=books)
    if about.category is not None:
        rows = rows.filter(patron_id__in=directories.patrons.in_category(about.category))
    return rows


class _Limit(NamedTuple):
    """A limit that becomes stricter for a category; those of an item type are limits of their own."""

    name: str
    category: str
    item_type: str | None
    before: RuleValue
    after: RuleValue


def _newly_refused(
    changes: Iterable[ChangedValue],
    rules: Iterable[CirculationRule],
    *,
    patrons: PatronDirectory,
    now: datetime,
) -> Iterator[NewlyRefused]:
    named_types = {rule.dimensions.item_type for rule in rules if rule.dimensions.item_type}
    for limit in list(dict.fromkeys(_stricter(changes)))[:_MOST_LIMITS]:
        affected = _affected(limit, named_types, now=now).filter(
            patron_id__in=patrons.in_category(limit.category)
        )
        number = _counted(_beyond(affected, limit))
        if number:
            yield NewlyRefused(
                code=_REFUSALS[limit.name],
                category=limit.category,
                item_type=limit.item_type,
                before=limit.before,
                after=limit.after,
                patrons=number,
            )


def _stricter(changes: Iterable[ChangedValue]) -> Iterator[_Limit]:
    for change in changes:
        before, after = change.before, change.after
        if change.name not in _REFUSALS or before is None or not isinstance(after, int):
            continue
        if before == NO_LIMIT or (isinstance(before, int) and after < before):
            item_type = change.item_type if change.name == "max_of_type" else None
            yield _Limit(change.name, change.category, item_type, before, after)


def _affected(limit: _Limit, named_types: set[str], *, now: datetime) -> "QuerySet[Any]":  # loans or holds
    if limit.name == "hold_limit":
        return HoldRow.objects.filter(state__in=ACTIVE_STATES)
    rows = LoanRow.objects.filter(state=LoanRow.State.OPEN)
    if limit.name == "block_overdue":
        return rows.filter(due_at__lt=now)
    if limit.name != "max_of_type":
        return rows
    if limit.item_type is None:
        return rows.exclude(item_type__in=named_types)
    return rows.filter(item_type=limit.item_type)


def _beyond(rows: "QuerySet[Any]", limit: _Limit) -> "QuerySet[Any]":  # loans or holds, by patron
    """The patrons who have as many as the limit will be, and fewer than it is."""
    per = ("patron_id", "item_type") if limit.name == "max_of_type" else ("patron_id",)
    counted = rows.order_by().values(*per).annotate(number=Count("id")).filter(number__gte=limit.after)
    if isinstance(limit.before, int):
        counted = counted.filter(number__lt=limit.before)
    patrons: QuerySet[Any] = counted.values("patron_id").distinct()
    return patrons


def _counted(rows: "QuerySet[Any]") -> int:  # any rows
    return rows.order_by()[: MOST_COUNTED + 1].count()
