from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from lending.domain.circulation_rule import CirculationRule, Dimensions
from lending.domain.circulation_rule_events import RuleChanged
from lending.services.commands.borrow_book import BorrowBook, borrow_book
from lending.services.commands.set_rule import SetRule, set_rule
from lending.services.queries.rules import ExplainRule, explain_rule
from lending.services.rule_details import RuleDetails, RuleRef
from shared_kernel.domain.errors import Refused
from shared_kernel.services.request_context import with_context
from tests.unit.lending.fakes import FALLBACK, FakeLending


class Library:
    def __init__(self, *rules: CirculationRule) -> None:
        self.work = FakeLending(*rules)
        self.wired: dict[str, Any] = {"gateways": self.work.gateways, "clock": self.work.clock}

    def set(self, values: dict[str, object], **about: Any) -> RuleDetails:
        return set_rule(SetRule(values=values, **about), self.work, **self.wired)

    def lend(self, card: str, *, item_type: str = "book") -> datetime:
        barcode = str(uuid4())
        self.work.copies.add(barcode, book=uuid4(), item_type=item_type)
        loan = borrow_book(BorrowBook(copy_barcode=barcode, patron_card=card), self.work, **self.wired)
        return loan.due_at


@pytest.fixture
def library() -> Library:
    return Library()


def codes(act: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        act()
    return [each.code for each in refused.value.refusals]


class TestSettingARule:
    def test_records_what_it_is_about_and_by_whom_and_why(self, library: Library) -> None:
        with with_context(principal="user:7"):
            view = library.set({"loan_days": 7}, item_type="dvd", reason="two queues of children")
        rule = library.work.rules.of(Dimensions(item_type="dvd"))
        assert (rule.set_by, rule.reason, rule.set_at) == ("user:7", "two queues of children", view.set_at)
        ((event, version),) = rule.pull_events()
        assert isinstance(event, RuleChanged)
        assert (event.item_type, event.category, event.values, version) == ("dvd", None, {"loan_days": 7}, 1)

    def test_counts_for_the_next_loan(self, library: Library) -> None:
        library.work.patrons.register("P1")
        before = library.lend("P1")
        library.set({"loan_days": 7}, category="regular")
        assert (before, library.lend("P1")) == (
            datetime(2024, 1, 29, 23, 59, 59, tzinfo=UTC),
            datetime(2024, 1, 22, 23, 59, 59, tzinfo=UTC),
        )

    def test_leaves_loans_under_the_terms_that_they_were_made_under(self, library: Library) -> None:
        library.work.patrons.register("P1")
        library.lend("P1")
        library.set({"renewals": 0, "fine_per_day": "9.00"}, category="regular")
        (loan,) = library.work.loans.all.values()
        assert loan.terms.renewals == 3

    def test_limits_one_item_type_and_no_other(self, library: Library) -> None:
        library.work.patrons.register("P1")
        library.set({"max_of_type": 1}, item_type="book")
        library.lend("P1")
        assert codes(partial(library.lend, "P1")) == ["item_type_limit_reached"]
        library.lend("P1", item_type="dvd")
        assert len(library.work.loans.all) == 2

    def test_opens_lending_to_a_category_that_no_rule_named(self) -> None:
        library = Library(FALLBACK, CirculationRule.of(category="regular"))
        library.work.patrons.register("P1", category="premium")
        assert codes(lambda: library.lend("P1")) == ["no_terms_for_category"]
        library.set({}, category="premium")
        assert library.lend("P1") == datetime(2024, 1, 29, 23, 59, 59, tzinfo=UTC)

    def test_is_refused_to_whoever_saw_another_version(self, library: Library) -> None:
        library.set({"loan_days": 7}, category="regular", version=1)
        rule = library.work.rules.of(Dimensions(category="regular"))
        rule.pull_events()
        assert codes(lambda: library.set({}, category="regular", version=1)) == ["precondition_failed"]

    def test_is_refused_with_both_a_branch_and_a_category_that_are_unknown(self, library: Library) -> None:
        refused = codes(lambda: library.set({}, branch="NOWHERE", category="alien"))
        assert refused == ["unknown_branch", "unknown_category"]


class TestExplaining:
    def test_names_the_rule_of_each_value(self, library: Library) -> None:
        library.set({"loan_days": 3}, branch="MAIN")
        asked = ExplainRule(branch="MAIN", category="regular", item_type="book")
        values = explain_rule(asked, work=library.work).values
        assert values["loan_days"].value == 3
        assert values["loan_days"].rule == RuleRef(branch="MAIN", category=None, item_type=None)
        assert values["pickup_days"].rule == RuleRef(branch=None, category=None, item_type=None)

    def test_has_nothing_for_a_category_that_no_rule_names(self, library: Library) -> None:
        asked = ExplainRule(branch="MAIN", category="premium", item_type="book")
        assert codes(lambda: explain_rule(asked, work=library.work)) == ["no_terms_for_category"]

    def test_wants_a_branch_that_there_is(self, library: Library) -> None:
        assert codes(lambda: explain_rule(ExplainRule(branch="X"), work=library.work)) == ["unknown_branch"]
