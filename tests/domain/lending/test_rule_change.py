from datetime import UTC, datetime

import pytest

from lending.domain.circulation_rule import CirculationRule, Dimensions, RuleItemTypeInvalid
from lending.domain.loan_terms import RULE_VALUES, checked_values
from lending.domain.rule_change import ChangedValue, changed_values
from lending.domain.rule_values import InvalidRuleValue
from shared_kernel.domain.errors import Refused
from tests.domain.lending.examples import NOW
from tests.domain.lending.test_circulation_rule import FALLBACK

REGULAR = CirculationRule.of(category="regular", loan_days=21)
PREMIUM = CirculationRule.of(category="premium")


def change(name: str, before: object, after: object, category: str = "regular", **where: str) -> ChangedValue:
    return ChangedValue(
        branch=where.get("branch"),
        category=category,
        item_type=where.get("item_type"),
        name=name,
        before=before,  # type: ignore[arg-type]  # a value of a rule
        after=after,  # type: ignore[arg-type]  # a value of a rule
    )


class TestChangingARule:
    def test_changes_what_no_other_rule_decides(self) -> None:
        rules = [
            FALLBACK,
            REGULAR,
            PREMIUM,
            CirculationRule.of(category="regular", item_type="dvd", loan_days=7),
        ]
        changes = changed_values(rules, CirculationRule.of(category="regular", loan_days=28))
        assert changes == [change("loan_days", 21, 28)]

    def test_of_the_row_for_all_changes_each_category_that_inherits(self) -> None:
        fallback = CirculationRule(dimensions=Dimensions(), values={**FALLBACK.values, "loan_days": 10})
        changes = changed_values([FALLBACK, REGULAR, PREMIUM], fallback)
        assert changes == [change("loan_days", 14, 10, category="premium")]

    def test_that_takes_a_value_away_falls_back(self) -> None:
        changes = changed_values([FALLBACK, REGULAR], CirculationRule.of(category="regular"))
        assert changes == [change("loan_days", 21, 14)]

    def test_of_an_item_type_concerns_every_category_and_named_branch(self) -> None:
        rules = [FALLBACK, REGULAR, PREMIUM, CirculationRule.of(branch="EAST", renewals=1)]
        changes = changed_values(rules, CirculationRule.of(item_type="dvd", renewals=0))
        assert changes == [
            change("renewals", 3, 0, category="premium", item_type="dvd"),
            change("renewals", 3, 0, category="regular", item_type="dvd"),
        ]

    def test_gives_terms_to_a_category_that_had_none(self) -> None:
        changes = changed_values([FALLBACK, REGULAR], CirculationRule.of(category="child", loan_days=7))
        assert len(changes) == len(RULE_VALUES)
        assert changes[0] == change("loan_days", None, 7, category="child")
        assert changes[1] == change("max_loans", None, 5, category="child")

    def test_to_what_it_is_changes_nothing(self) -> None:
        assert changed_values([FALLBACK, REGULAR], CirculationRule.of(category="regular", loan_days=21)) == []


class TestSettingARule:
    def test_keeps_who_set_it_when_and_why(self) -> None:
        rule = CirculationRule(dimensions=PREMIUM.dimensions)
        rule.set({"loan_days": 7}, at=NOW, by="user:7", reason="summer")
        assert (rule.set_at, rule.set_by, rule.reason, rule.version) == (NOW, "user:7", "summer", 1)

    def test_to_what_it_is_leaves_the_one_who_set_it(self) -> None:
        rule = CirculationRule(dimensions=PREMIUM.dimensions)
        rule.set({}, at=NOW, by="user:7")
        rule.set({}, at=datetime(2025, 1, 1, tzinfo=UTC), by="user:8")
        assert (rule.set_by, rule.version) == ("user:7", 1)

    @pytest.mark.parametrize("item_type", ["", "Book", "a b", "é", "x" * 41])
    def test_speaks_of_types_that_a_copy_can_have(self, item_type: str) -> None:
        with pytest.raises(RuleItemTypeInvalid):
            CirculationRule.of(item_type=item_type)


class TestTheValues:
    @pytest.mark.parametrize(
        ("written", "kept"),
        [("0.5", "0.50"), ("-0", "0.00"), (" 2 ", "2.00"), ("none", "none")],
    )
    def test_keep_amounts_in_one_writing(self, written: str, kept: str) -> None:
        assert checked_values({"fine_cap": written}) == {"fine_cap": kept}

    @pytest.mark.parametrize(
        "amount", ["-1", "0.001", "NaN", "Infinity", "1E+1", "1_0", "1e9", "", "x", 1, 0.5, True]
    )
    def test_refuse_what_is_no_amount(self, amount: object) -> None:
        with pytest.raises(Refused) as refused:
            checked_values({"fine_cap": amount})
        assert isinstance(refused.value.refusals[0], InvalidRuleValue)
