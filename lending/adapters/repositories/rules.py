"""The rule matrix and the branches' calendars in the database."""

from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from lending.domain.branch_calendar import BranchCalendar, Closure
from lending.domain.circulation_rule import CirculationRule, Dimensions
from lending.models import BranchRow, CirculationRuleRow, ClosureRow, RuleVersionRow
from lending.services.ports import BranchExists, BranchNotFound, UnknownBranch
from outbox.unit_of_work import Repository
from shared_kernel.domain.errors import ConcurrentChange


class DjangoRules(Repository[CirculationRule, CirculationRuleRow]):
    rows = CirculationRuleRow
    # Two managers began the same row at once: the second finds it made.
    refusals = {
        "lending_one_rule_per_dimensions": ConcurrentChange,
        "lending_circulation_rule_pkey": ConcurrentChange,
    }

    def about(
        self, *, branch: str | None, category: str | None, item_type: str | None
    ) -> Iterable[CirculationRule]:
        """Every row that matches such a loan or names the category."""
        matching = Q(
            branch__in=["", branch or ""],
            category__in=["", category or ""],
            item_type__in=["", item_type or ""],
        )
        if category:
            matching |= Q(category=category)
        return [self.rebuild(row) for row in CirculationRuleRow.objects.filter(matching)]

    def all(self) -> Sequence[CirculationRule]:
        """Every row."""
        return [self.rebuild(row) for row in CirculationRuleRow.objects.all()]

    def of(self, dimensions: Dimensions) -> CirculationRule:
        """The row of these dimensions, locked; an empty one if there is none yet."""
        found = self.find(lock=True, id=dimensions.rule_id)
        if found is None:
            found = CirculationRule(dimensions=dimensions)
            self.add(found)
        return found

    def rebuild(self, row: CirculationRuleRow) -> CirculationRule:
        """The rule as its row tells it."""
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
                values=rule.values,
                set_at=rule.set_at,
                set_by=rule.set_by,
                reason=rule.reason,
            )
            for rule in self._known.values()
            if rule.has_changed
        ]
        super().flush()
        RuleVersionRow.objects.bulk_create(history)


class DjangoCalendars(Repository[BranchCalendar, BranchRow]):
    rows = BranchRow
    refusals = {"lending_one_branch_per_code": BranchExists, "lending_branch_pkey": BranchExists}

    def of(self, branch: str) -> BranchCalendar:
        """The calendar of a branch. Raises UnknownBranch."""
        found = self.find(code=branch)
        if found is None:
            raise UnknownBranch(branch=branch)
        return found

    def knows(self, branch: str) -> bool:
        """Whether there is a branch with this code."""
        return BranchRow.objects.filter(code=branch).exists()

    def get_by_code(self, branch: str) -> BranchCalendar:
        """The same, locked, to be changed. Raises BranchNotFound."""
        found = self.find(lock=True, code=branch)
        if found is None:
            raise BranchNotFound
        return found

    def rebuild(self, row: BranchRow) -> BranchCalendar:
        """The calendar as its rows tell it."""
        closures = ClosureRow.objects.filter(branch=row).order_by("first_on")
        return BranchCalendar(
            code=row.code,
            name=row.name,
            time_zone=ZoneInfo(row.time_zone),
            closed_weekdays=row.closed_weekdays,
            closures=[
                Closure(id=it.id, first_on=it.first_on, last_on=it.last_on, reason=it.reason)
                for it in closures
            ],
            version=row.version,
        )

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
