"""The rule matrix and the branches' calendars in the database."""

from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from lending.adapters.repositories.configuration_cache import ConfigurationCache
from lending.domain.branch_calendar import BranchCalendar, Closure
from lending.domain.circulation_rule import CirculationRule, Dimensions
from lending.models import BranchRow, CirculationRuleRow, ClosureRow, RuleVersionRow
from lending.services.ports import BranchExists, BranchNotFound, UnknownBranch
from outbox.unit_of_work import DjangoRepository
from shared_kernel.domain.errors import ConcurrentChange
from shared_kernel.sql.queries import CompiledQuery, Param


class DjangoRules(DjangoRepository[CirculationRule, CirculationRuleRow]):
    rows = CirculationRuleRow
    # Two managers created the same row at once.
    refusals = {
        "lending_one_rule_per_dimensions": ConcurrentChange,
        "lending_circulation_rule_pkey": ConcurrentChange,
    }

    def __init__(self, configuration: ConfigurationCache | None = None) -> None:
        super().__init__()
        self._configuration = configuration or ConfigurationCache()

    def matching(
        self, *, branch: str | None, category: str | None, item_type: str | None
    ) -> Iterable[CirculationRule]:
        """Every row that matches such a loan or names the category; and maybe some more."""
        asked = {"branch": branch or "", "category": category or "", "item_type": item_type or ""}
        rows = self._configuration.get("rules", *asked.values(), read=lambda: _matching(**asked))
        return [self.rebuild(row) for row in rows]

    def matrix(self) -> Sequence[CirculationRule]:
        """Every row."""
        return [self.rebuild(row) for row in CirculationRuleRow.objects.all()]

    def of(self, dimensions: Dimensions) -> CirculationRule:
        """The row with these dimensions, locked; a new one if there is none yet."""
        found = self.find(lock=True, id=dimensions.rule_id)
        if found is None:
            found = CirculationRule(dimensions=dimensions)
            self.add(found)
        return found

    def rebuild(self, row: CirculationRuleRow) -> CirculationRule:
        """The rule of this row."""
        dimensions = Dimensions(
            branch=row.branch or None, category=row.category or None, item_type=row.item_type or None
        )
        return CirculationRule(
            dimensions=dimensions,
            values=row.values,
            set_at=row.set_at,
            set_by=row.set_by,
            version=row.version,
        )

    def columns(self, aggregate: CirculationRule) -> dict[str, Any]:
        """The rule's row."""
        where = aggregate.dimensions
        return {
            "branch": where.branch or "",
            "category": where.category or "",
            "item_type": where.item_type or "",
            "values": aggregate.values,
            "set_at": aggregate.set_at,
            "set_by": aggregate.set_by,
        }

    def flush(self) -> None:
        """Write what changed, and its history."""
        history = [
            RuleVersionRow(
                rule_id=rule.id,
                version=rule.version,
                reason=rule.reason,
                **{name: self.columns(rule)[name] for name in ("values", "set_at", "set_by")},
            )
            for rule in self._identity_map.values()
            if rule.has_changed
        ]
        super().flush()
        if history:
            RuleVersionRow.objects.bulk_create(history)
            self._configuration.invalidate()


def _matching_rows() -> "QuerySet[CirculationRuleRow]":
    branch, category, item_type = (
        Param(CirculationRuleRow, name) for name in ("branch", "category", "item_type")
    )
    matching = Q(branch__in=["", branch], category__in=["", category], item_type__in=["", item_type])
    return CirculationRuleRow.objects.filter(matching | Q(category=category)).order_by()


_matching = CompiledQuery(_matching_rows)


class DjangoCalendars(DjangoRepository[BranchCalendar, BranchRow]):
    rows = BranchRow
    refusals = {"lending_one_branch_per_code": BranchExists, "lending_branch_pkey": BranchExists}

    def __init__(self, configuration: ConfigurationCache | None = None) -> None:
        super().__init__()
        self._configuration = configuration or ConfigurationCache()

    def of(self, branch: str) -> BranchCalendar:
        """The calendar of a branch. Raises UnknownBranch."""
        known = next((it for it in self._identity_map.values() if it.code == branch), None)
        if known:
            return known
        rows = self._configuration.get("calendar", branch, read=lambda: _with_closures(code=branch))
        if not rows:
            raise UnknownBranch(branch=branch)
        calendar = _assembled(rows)
        return self._identity_map.setdefault(calendar.id, calendar)

    def knows(self, branch: str) -> bool:
        """Whether there is a branch with this code."""
        return BranchRow.objects.filter(code=branch).exists()

    def get_by_code(self, branch: str) -> BranchCalendar:
        """The branch, locked for a change. Raises BranchNotFound."""
        found = self.find(lock=True, code=branch)
        if found is None:
            raise BranchNotFound
        return found

    def rebuild(self, row: BranchRow) -> BranchCalendar:
        """The branch of this row, with its closures."""
        return _assembled(_with_closures(code=row.code))

    def flush(self) -> None:
        """Write what changed."""
        has_changed = any(calendar.has_changed for calendar in self._identity_map.values())
        super().flush()
        if has_changed:
            self._configuration.invalidate()

    def columns(self, aggregate: BranchCalendar) -> dict[str, Any]:
        """The branch's row."""
        return {
            "code": aggregate.code,
            "name": aggregate.name,
            "time_zone": aggregate.time_zone.key,
            "closed_weekdays": sorted(aggregate.closed_weekdays),
        }

    def _overwrite(self, aggregate: BranchCalendar) -> None:
        super()._overwrite(aggregate)
        kept = [closure.id for closure in aggregate.closures]
        ClosureRow.objects.filter(branch_id=aggregate.id).exclude(id__in=kept).delete()
        ClosureRow.objects.bulk_create(
            [
                ClosureRow(
                    id=it.id,
                    branch_id=aggregate.id,
                    first_on=it.first_on,
                    last_on=it.last_on,
                    reason=it.reason,
                )
                for it in aggregate.closures
            ],
            ignore_conflicts=True,
        )


# A branch with no closures is one row, whose closure has no id.
_with_closures = CompiledQuery(
    lambda: (
        BranchRow.objects.filter(code=Param(BranchRow, "code"))
        .order_by("closures__first_on")
        .values_list(
            *("code", "name", "time_zone", "closed_weekdays", "version"),
            *("closures__id", "closures__first_on", "closures__last_on", "closures__reason"),
        )
    )
)


def _assembled(rows: Sequence[tuple[Any, ...]]) -> BranchCalendar:  # see _with_closures
    code, name, time_zone, closed_weekdays, version, *_ = rows[0]
    return BranchCalendar(
        code=code,
        name=name,
        time_zone=ZoneInfo(time_zone),
        closed_weekdays=closed_weekdays,
        closures=[
            Closure(id=closure, first_on=first_on, last_on=last_on, reason=reason)
            for *_, closure, first_on, last_on, reason in rows
            if closure
        ],
        version=version,
    )
