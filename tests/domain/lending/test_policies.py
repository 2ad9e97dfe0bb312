from dataclasses import replace
from datetime import date

import pytest

from lending.domain.policies.borrowing import BorrowingFacts, can_be_overridden, refusals
from lending.domain.standing import Block
from tests.domain.lending.examples import COPY, FACTS, PATRON, TERMS, open_loan


def codes(facts: BorrowingFacts) -> list[str]:
    return [refusal.code for refusal in refusals(facts)]


class TestBorrowing:
    def test_is_allowed_when_nothing_is_in_the_way(self) -> None:
        assert codes(FACTS) == []

    def test_is_refused_with_every_reason_at_once(self) -> None:
        facts = replace(
            FACTS,
            copy=replace(COPY, lendable=False, condition="damaged"),
            patron=replace(
                PATRON, expires_on=date(2024, 1, 14), blocks=(Block(reason="unpaid", until=None),)
            ),
            loans=tuple(open_loan(overdue=True) for _ in range(5)),
            lent_to_another=True,
        )
        assert codes(facts) == [
            "copy_not_lendable",
            "copy_not_available",
            "patron_blocked",
            "membership_expired",
            "loan_limit_reached",
            "overdue_block",
        ]

    def test_of_a_copy_that_the_patron_has_points_to_renewing(self) -> None:
        loan = open_loan(copy_id=COPY.id)
        (refusal,) = refusals(replace(FACTS, loans=(loan,)))
        assert (refusal.code, refusal.params["renew"]) == (
            "already_on_loan",
            f"/api/v1/loans/{loan.id}/renew",
        )

    @pytest.mark.parametrize(
        ("loans", "expected"), [(4, []), (5, ["loan_limit_reached"]), (6, ["loan_limit_reached"])]
    )
    def test_keeps_to_the_limit_of_loans(self, loans: int, expected: list[str]) -> None:
        assert codes(replace(FACTS, loans=tuple(open_loan() for _ in range(loans)))) == expected

    def test_tells_how_many_to_return(self) -> None:
        (refusal,) = refusals(replace(FACTS, loans=tuple(open_loan() for _ in range(6))))
        assert refusal.detail == "Loan limit reached: 6 of 5 loans. Return 2 first."

    def test_says_of_a_limit_of_zero_that_nothing_can_be_borrowed(self) -> None:
        (refusal,) = refusals(replace(FACTS, terms=replace(TERMS, max_loans=0), loans=()))
        assert refusal.detail == "This patron can't borrow: the loan limit is 0."

    def test_has_no_limit_where_the_terms_set_none(self) -> None:
        terms = replace(TERMS, max_loans=None, block_overdue=None)
        loans = tuple(open_loan(overdue=True) for _ in range(50))
        assert codes(replace(FACTS, terms=terms, loans=loans)) == []

    def test_counts_only_loans_of_the_same_type_for_the_type_limit(self) -> None:
        terms = replace(TERMS, max_of_type=1)
        assert codes(replace(FACTS, terms=terms, loans=(open_loan(item_type="dvd"),))) == []
        assert codes(replace(FACTS, terms=terms, loans=(open_loan(),))) == ["item_type_limit_reached"]

    @pytest.mark.parametrize(("overdue", "expected"), [(2, []), (3, ["overdue_block"])])
    def test_stops_at_three_overdue_loans(self, overdue: int, expected: list[str]) -> None:
        assert codes(replace(FACTS, loans=tuple(open_loan(overdue=True) for _ in range(overdue)))) == expected

    @pytest.mark.parametrize(
        ("today", "expected"), [(date(2026, 3, 10), ["patron_blocked"]), (date(2026, 3, 11), [])]
    )
    def test_is_blocked_to_the_end_of_the_blocks_last_day(self, today: date, expected: list[str]) -> None:
        patron = replace(PATRON, blocks=(Block(reason="unpaid", until=date(2026, 3, 10)),))
        facts = replace(FACTS, today=today, patron=patron)
        assert codes(facts) == expected

    def test_tells_reason_and_date_of_a_block(self) -> None:
        patron = replace(PATRON, blocks=(Block(reason="lost card", until=date(2024, 2, 1)),))
        (refusal,) = refusals(replace(FACTS, patron=patron))
        assert refusal.detail == "The patron is blocked until 1 February 2024: lost card."

    @pytest.mark.parametrize(
        ("expires_on", "expected"), [(date(2024, 1, 15), []), (date(2024, 1, 14), ["membership_expired"])]
    )
    def test_is_open_to_members_to_the_end_of_the_last_day(
        self, expires_on: date, expected: list[str]
    ) -> None:
        assert codes(replace(FACTS, patron=replace(PATRON, expires_on=expires_on))) == expected

    def test_needs_terms_for_the_category(self) -> None:
        assert codes(replace(FACTS, terms=None)) == ["no_terms_for_category"]

    @pytest.mark.parametrize(
        ("birth_date", "today", "expected"),
        [
            (date(2008, 1, 15), date(2024, 1, 14), ["too_young"]),
            (date(2008, 1, 15), date(2024, 1, 15), []),
            (date(2008, 2, 29), date(2024, 2, 28), ["too_young"]),
            (date(2008, 2, 29), date(2024, 2, 29), []),
            (None, date(2024, 1, 15), ["age_unknown"]),
        ],
    )
    def test_keeps_to_the_minimum_age(
        self, birth_date: date | None, today: date, expected: list[str]
    ) -> None:
        patron = replace(PATRON, birth_date=birth_date)
        facts = replace(FACTS, patron=patron, today=today, terms=replace(TERMS, min_age=16))
        assert codes(facts) == expected
        assert [reason.code for reason in refusals(facts) if can_be_overridden(reason, facts)] == expected

    def test_asks_nobodys_age_without_a_minimum(self) -> None:
        assert codes(replace(FACTS, patron=replace(PATRON, birth_date=None))) == []


class TestThePatronsAge:
    @pytest.mark.parametrize(
        ("day", "age"),
        [
            (date(2025, 2, 28), 16),  # a common year: the birthday is on 1 March
            (date(2025, 3, 1), 17),
            (date(2028, 2, 28), 19),
            (date(2028, 2, 29), 20),
        ],
    )
    def test_of_somebody_born_on_29_february_grows_on_1_march_in_common_years(
        self, day: date, age: int
    ) -> None:
        assert replace(PATRON, birth_date=date(2008, 2, 29)).age_on(day) == age
