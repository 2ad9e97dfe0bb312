"""Managers at the same rule, branch or calendar at once, on the real database."""

from functools import partial
from typing import Any

import pytest

from lending.models import BranchRow, CirculationRuleRow, ClosureRow, RuleVersionRow
from lending.services.commands.add_branch import AddBranch
from lending.services.commands.add_closure import AddClosure
from lending.services.commands.set_rule import SetRule
from outbox.models import OutboxMessage
from shared_kernel.domain.errors import Refused
from shared_kernel.services.commands import dispatch
from tests.integration.lending.test_races import at_once
from tests.integration.lending.test_rules_admin import DAY

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def tried(command: Any) -> Any:
    try:
        return dispatch(command)
    except Refused as refused:
        return refused.refusals[0].code


class TestOneNewRuleSetAtOnce:
    def test_takes_every_version_in_turn(self) -> None:
        calls = [partial(tried, SetRule(item_type="dvd", values={"loan_days": days})) for days in range(1, 4)]
        answers = at_once(*calls)
        assert sorted(answer.version for answer in answers) == [1, 2, 3]
        row = CirculationRuleRow.objects.get(item_type="dvd")
        last = next(answer for answer in answers if answer.version == 3)
        assert (row.version, row.values) == (3, last.values)
        assert RuleVersionRow.objects.filter(rule_id=row.id).count() == 3
        told = OutboxMessage.objects.filter(aggregate_id=row.id).values_list("aggregate_version", flat=True)
        assert sorted(told) == [1, 2, 3]


class TestOneBranchAddedAtOnce:
    def test_is_added_once(self) -> None:
        calls = [partial(tried, AddBranch(code="EAST", name="East", time_zone="UTC"))] * 3
        answers = at_once(*calls)
        assert sum(answer == "branch_exists" for answer in answers) == 2
        assert BranchRow.objects.filter(code="EAST").count() == 1


class TestOneBranchClosedAtOnce:
    def test_is_closed_once_for_the_same_days(self) -> None:
        close = AddClosure(branch="MAIN", first_on=DAY, last_on=DAY, reason="stocktaking")
        answers = at_once(*[partial(tried, close)] * 3)
        assert sum(answer == "closure_overlaps" for answer in answers) == 2
        assert ClosureRow.objects.count() == 1
