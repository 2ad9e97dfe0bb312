"""Previews the effect of a rule before it is set."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import Count, QuerySet

from lending.domain.branch_calendar import MAIN
from lending.domain.circulation_rule import CirculationRule, Dimensions
from lending.domain.hold import ACTIVE_STATES
from lending.domain.loan_terms import RULE_VALUES
from lending.domain.policies.borrowing import item_type_limit, loan_limit, overdue_limit
from lending.domain.policies.patron import age_limit
from lending.domain.policies.placing_hold import hold_limit
from lending.domain.rule_change import ChangedValue, changed_values
from lending.domain.rule_values import RuleValue
from lending.domain.standing import age_on
from lending.models import HoldRow, LoanRow
from lending.services.gateways import Gateways
from lending.services.ports import LendingWork, PatronDirectory
from lending.services.rule_dimensions import validated_dimensions
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import Refusal
from shared_kernel.services.bus import Query

#: Beyond so many, nobody needs to know how many more there are.
MOST_COUNTED: Final = 10_000
#: Patrons are counted for at most so many limits; of a change to more, only the values are shown.
_MOST_LIMITS: Final = 20
#: The policy that enforces a limit. Its arguments are what is limited (loans, holds, an age) and the limit.
_POLICIES: Final[Mapping[str, Callable[[Any, int | None], Refusal | None]]] = {  # an age may be unknown
    "max_loans": loan_limit,
    "max_of_type": item_type_limit,
    "block_overdue": overdue_limit,
    "hold_limit": hold_limit,
    "min_age": age_limit,
}
#: The limits that each item type has for itself.
_PER_ITEM_TYPE: Final = frozenset({"max_of_type", "min_age"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewlyRefused:
    """How many patrons of a category the change would refuse with this code who aren't refused today.

    `patrons` is counted up to 10 001. `item_type` None: all copies, or those of types that no rule names.
    """

    code: str
    category: str
    item_type: str | None
    before: RuleValue
    after: RuleValue
    patrons: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChangePreview:
    """What setting a rule would do.

    `loans` and `holds` are the open loans, which keep their terms, and the active holds that the rule speaks
    of, each counted up to 10 001. `changes` are the effective values that would be others.
    """

    loans: int
    holds: int
    changes: Sequence[ChangedValue]
    newly_refused: Sequence[NewlyRefused]


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePreview(Query[RuleChangePreview]):
    """What would SetRule with these values do?"""

    branch: str | None = None
    category: str | None = None
    item_type: str | None = None
    values: Mapping[str, object]


def rule_preview(
    query: RulePreview, *, work: LendingWork, gateways: Gateways, clock: Clock
) -> RuleChangePreview:
    """The change. Refused as SetRule would be."""
    dimensions = validated_dimensions(
        branch=query.branch,
        category=query.category,
        item_type=query.item_type,
        work=work,
        patrons=gateways.patrons,
    )
    rules = work.rules.matrix()
    now = clock.now()
    changed = CirculationRule(dimensions=dimensions)
    changed.set(query.values, at=now, by="")
    changes = changed_values(rules, changed)
    return RuleChangePreview(
        loans=_counted(_loans_of(dimensions, gateways)),
        holds=_counted(_holds_of(dimensions, gateways)),
        changes=changes,
        newly_refused=list(
            _newly_refused(
                changes,
                rules,
                patrons=gateways.patrons,
                now=now,
                today=work.calendars.of(dimensions.branch or MAIN).day_of(now),
            )
        ),
    )


def _loans_of(about: Dimensions, gateways: Gateways) -> "QuerySet[LoanRow]":
    rows = LoanRow.objects.filter(state=LoanRow.State.OPEN)
    wanted = {"branch": about.branch, "item_type": about.item_type}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if about.category is not None:
        rows = rows.filter(patron_id__in=gateways.patrons.in_category(about.category))
    return rows


def _holds_of(about: Dimensions, gateways: Gateways) -> "QuerySet[HoldRow]":
    rows = HoldRow.objects.filter(state__in=ACTIVE_STATES)
    if about.branch is not None or about.item_type is not None:
        books = gateways.copies.books_having(branch=about.branch, item_type=about.item_type)
        rows = rows.filter(book_id__in=books)
    if about.category is not None:
        rows = rows.filter(patron_id__in=gateways.patrons.in_category(about.category))
    return rows


class _Limit(NamedTuple):
    """A limit that changes for a category; those of an item type are limits of their own."""

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
    today: date,
) -> Iterator[NewlyRefused]:
    named_types = {rule.dimensions.item_type for rule in rules if rule.dimensions.item_type}
    for limit in list(dict.fromkeys(_changed_limits(changes)))[:_MOST_LIMITS]:
        if limit.name == "min_age":
            counted = _patrons_by_age(patrons.birth_dates(limit.category), today)
        else:
            members = patrons.in_category(limit.category)
            counted = _patrons_by_count(
                _affected(limit, named_types, now=now).filter(patron_id__in=members), limit
            )
        for code, number in _newly_refused_by(limit, counted).items():
            yield NewlyRefused(
                code=code,
                category=limit.category,
                item_type=limit.item_type,
                before=limit.before,
                after=limit.after,
                patrons=min(number, MOST_COUNTED + 1),
            )


def _changed_limits(changes: Iterable[ChangedValue]) -> Iterator[_Limit]:
    for change in changes:
        if change.name in _POLICIES and change.before is not None and change.after is not None:
            item_type = change.item_type if change.name in _PER_ITEM_TYPE else None
            yield _Limit(change.name, change.category, item_type, change.before, change.after)


def _affected(limit: _Limit, named_types: set[str], *, now: datetime) -> "QuerySet[Any]":  # loans or holds
    if limit.name == "hold_limit":
        return HoldRow.objects.filter(state__in=ACTIVE_STATES)
    if limit.name == "block_overdue":
        return LoanRow.objects.filter(state=LoanRow.State.OPEN, due_at__lt=now)
    rows = LoanRow.objects.filter(state__in=[LoanRow.State.OPEN, LoanRow.State.CLAIMED_RETURNED])
    if limit.name != "max_of_type":
        return rows
    if limit.item_type is None:
        return rows.exclude(item_type__in=named_types)
    return rows.filter(item_type=limit.item_type)


def _newly_refused_by(limit: _Limit, counted: Iterable[tuple[int | None, int]]) -> Counter[str]:
    """How many patrons the limit refuses as it will be and not as it is, by the code of the refusal."""
    policy = _POLICIES[limit.name]
    before, after = (_as_limit(limit.name, value) for value in (limit.before, limit.after))
    refused: Counter[str] = Counter()
    for limited, patrons in counted:
        refusal = policy(limited, after)
        if refusal and not policy(limited, before):
            refused[refusal.code] += patrons
    return refused


def _as_limit(name: str, value: RuleValue) -> int | None:
    term = RULE_VALUES[name].type.as_term(value)
    return term if isinstance(term, int) else None


def _patrons_by_age(
    birth_dates: Iterable[tuple[date | None, int]], today: date
) -> Iterator[tuple[int | None, int]]:
    for born, patrons in birth_dates:
        yield age_on(today, birth_date=born) if born else None, patrons


def _patrons_by_count(
    rows: "QuerySet[Any]", limit: _Limit
) -> Iterator[tuple[int | None, int]]:  # of loans or holds
    """The numbers of loans or holds that patrons have, each with how many patrons have it.

    For a limit by item type, a patron counts with the type of which they have most.
    """
    per = ("patron_id", "item_type") if limit.name == "max_of_type" else ("patron_id",)
    counted = rows.order_by().values(*per).annotate(number=Count("id"))
    most: dict[UUID, int] = {}
    for patron, number in counted.values_list("patron_id", "number").iterator():
        most[patron] = max(number, most.get(patron, 0))
    yield from Counter(most.values()).items()


def _counted(rows: "QuerySet[Any]") -> int:  # any rows
    return rows.order_by()[: MOST_COUNTED + 1].count()
