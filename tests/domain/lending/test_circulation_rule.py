from lending.domain.circulation_rule import CirculationRule, effective_terms
from lending.domain.loan_terms import LoanTerms
from tests.domain.lending.examples import TERMS

FALLBACK = CirculationRule.of(
    loan_days=14,
    max_loans=5,
    max_of_type="none",
    renewals=3,
    renew_window_days="none",
    renew_from="due",
    renew_overdue=True,
    hold_limit=5,
    pickup_days=7,
    fine_per_day="0.25",
    grace_days=0,
    fine_cap="none",
    cap_at_price=True,
    lost_after_days=30,
    processing_fee="10.00",
    block_balance="25.00",
    block_overdue=3,
)
REGULAR = CirculationRule.of(category="regular")


def terms(*rules: CirculationRule, branch: str = "MAIN", item_type: str = "book") -> LoanTerms:
    found = effective_terms(rules, branch=branch, category="regular", item_type=item_type)
    assert found is not None
    return found


class TestEffectiveTerms:
    def test_come_from_the_fallback_where_no_other_row_speaks(self) -> None:
        assert terms(FALLBACK, REGULAR) == TERMS

    def test_take_each_value_from_the_most_specific_row_that_gives_it(self) -> None:
        for_dvds = CirculationRule.of(item_type="dvd", loan_days=7, max_of_type=2)
        for_regulars = CirculationRule.of(category="regular", loan_days=21)
        at_east = CirculationRule.of(branch="EAST", loan_days=3)
        rules = (FALLBACK, for_dvds, for_regulars, at_east)
        assert terms(*rules, item_type="dvd").loan_days == 21
        assert terms(*rules, item_type="dvd").max_of_type == 2
        assert terms(*rules, branch="EAST", item_type="dvd").loan_days == 3

    def test_let_none_override_a_limit(self) -> None:
        assert terms(FALLBACK, CirculationRule.of(category="regular", max_loans="none")).max_loans is None

    def test_keep_a_zero_as_a_zero(self) -> None:
        assert terms(FALLBACK, CirculationRule.of(category="regular", renewals=0)).renewals == 0

    def test_do_not_exist_for_a_category_that_no_row_names(self) -> None:
        assert effective_terms([FALLBACK], branch="MAIN", category="alien", item_type="book") is None
