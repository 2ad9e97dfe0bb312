from typing import Any

import pytest
from django.test import Client

from lending.domain.loan_terms import REQUIRED_VALUES, RULE_VALUES
from lending.models import CirculationRuleRow, LoanRow, RuleVersionRow
from outbox.models import OutboxMessage
from shared_kernel.models import AuditEntry
from tests.factories import a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.integration.conftest import Browser, Token
from tests.integration.lending.desk import Desk, codes

pytestmark = pytest.mark.django_db

CHANGED = "lending.rule_changed.v1"


@pytest.fixture
def manager(token: Token) -> Desk:
    return Desk(token("rules:write", "circulation:read", "circulation:write"))


def rule(branch: str | None = None, category: str | None = None, item_type: str | None = None) -> Any:
    return {"branch": branch, "category": category, "item_type": item_type}


def put(manager: Desk, values: dict[str, Any], **dimensions: str) -> Any:
    answer = manager.put("/rules", **rule(**dimensions), values=values)
    assert answer.status_code == 200, answer.content
    return answer.json()


class TestTheMatrix:
    def test_begins_with_the_terms_of_a_fresh_library(self, manager: Desk) -> None:
        rows = manager.get("/rules").json()["results"]
        assert [row["category"] for row in rows] == [None, "premium", "regular", "researcher"]
        fallback, premium = rows[:2]
        assert set(fallback["values"]) == REQUIRED_VALUES
        assert (fallback["values"]["fine_per_day"], fallback["values"]["max_of_type"]) == ("0.25", "none")
        assert premium["values"] == {"loan_days": 21, "max_loans": 10}
        assert (premium["version"], premium["set_by"]) == (1, "system")

    def test_takes_a_new_row_and_tells_who_set_it_and_when(self, manager: Desk) -> None:
        at = "2024-01-15T10:00:00Z"
        answer = manager.put(
            "/rules", at=at, **rule(item_type="book"), values={"max_of_type": 1, "renewals": None}
        )
        assert answer.status_code == 200
        row = answer.json()
        assert row["values"] == {"max_of_type": 1}
        assert row["set_by"].startswith("token:")
        assert (row["version"], row["set_at"]) == (1, at)
        assert row in manager.get("/rules").json()["results"]
        entry = AuditEntry.objects.get(action="SetRule")
        assert (entry.outcome, OutboxMessage.objects.filter(type=CHANGED).count()) == ("done", 1)

    def test_replaces_a_row_and_keeps_what_it_was(self, manager: Desk) -> None:
        put(manager, {"loan_days": 7}, category="regular")
        row = put(manager, {"max_loans": "none"}, category="regular")
        assert (row["values"], row["version"]) == ({"max_loans": "none"}, 3)
        versions = RuleVersionRow.objects.filter(
            rule_id=CirculationRuleRow.objects.get(category="regular").id
        ).order_by("version")
        assert [each.values for each in versions] == [
            {"loan_days": 14, "max_loans": 5},
            {"loan_days": 7},
            {"max_loans": "none"},
        ]

    def test_does_not_count_a_change_that_changes_nothing(self, manager: Desk) -> None:
        row = put(manager, {"loan_days": 14, "max_loans": 5}, category="regular")
        assert row["version"] == 1
        assert not OutboxMessage.objects.filter(type=CHANGED).exists()

    def test_writes_amounts_in_one_way(self, manager: Desk) -> None:
        row = put(manager, {"fine_per_day": "0.5", "fine_cap": "10"}, item_type="dvd")
        assert row["values"] == {"fine_per_day": "0.50", "fine_cap": "10.00"}

    def test_needs_every_value_in_the_row_for_all(self, manager: Desk) -> None:
        answer = manager.put("/rules", values={"loan_days": 7})
        assert (answer.status_code, codes(answer)) == (422, ["fallback_rule_incomplete"])

    def test_refuses_every_value_that_cannot_be(self, manager: Desk) -> None:
        values = {
            "loan_days": 0,
            "fine_per_day": 0.25,
            "renew_from": "never",
            "colour": 1,
            "grace_days": "none",
        }
        answer = manager.put("/rules", **rule(item_type="dvd"), values=values)
        assert (answer.status_code, codes(answer)) == (422, ["invalid_rule_value"] * 5)
        assert {error["params"]["name"] for error in answer.json()["errors"]} == set(values)

    @pytest.mark.parametrize("values", [None, [], "x", 1])
    def test_wants_an_object_of_values(self, manager: Desk, values: Any) -> None:
        assert manager.put("/rules", **rule(item_type="dvd"), values=values).status_code == 422

    @pytest.mark.parametrize(
        ("dimensions", "expected"),
        [
            ({"branch": "NOWHERE"}, ["unknown_branch"]),
            ({"category": "alien"}, ["unknown_category"]),
            ({"branch": "NOWHERE", "category": "alien"}, ["unknown_branch", "unknown_category"]),
            ({"item_type": "Book!"}, ["invalid_item_type"]),
        ],
    )
    def test_speaks_of_what_there_is(
        self, manager: Desk, dimensions: dict[str, str], expected: list[str]
    ) -> None:
        answer = manager.put("/rules", **rule(**dimensions), values={"loan_days": 7})
        assert (answer.status_code, codes(answer)) == (422, expected)
        assert not CirculationRuleRow.objects.filter(item_type="Book!").exists()

    def test_honours_if_match(self, manager: Desk) -> None:
        put(manager, {"loan_days": 7}, category="regular")
        stale = {**manager.headers, "If-Match": '"1"'}
        answer = Desk(stale).put("/rules", **rule(category="regular"), values={"loan_days": 3})
        assert (answer.status_code, codes(answer)) == (412, ["precondition_failed"])

    def test_refuses_fields_that_it_does_not_know(self, manager: Desk) -> None:
        assert manager.put("/rules", **rule(category="regular"), values={}, colour="red").status_code == 422

    def test_is_read_with_circulation_and_written_with_rules_alone(
        self, token: Token, browser: Browser
    ) -> None:
        reader = Desk(token("circulation:read", "circulation:write"))
        assert reader.get("/rules").status_code == 200
        assert reader.put("/rules", **rule(category="regular"), values={}).status_code == 403
        assert Client().get("/api/v1/rules").status_code == 401
        assert browser("patron").get("/api/v1/rules").status_code == 403

    def test_is_listed_page_by_page_at_a_constant_number_of_queries(
        self, manager: Desk, django_assert_num_queries: Any
    ) -> None:
        manager.get("/rules")
        for item_type in ("a", "b", "c"):
            put(manager, {"loan_days": 7}, item_type=item_type)
        with django_assert_num_queries(1):
            assert len(manager.get("/rules").json()["results"]) == 7
        first = manager.get("/rules", page_size=5).json()
        second = manager.client.get(first["next"], headers=manager.headers).json()
        assert [row["item_type"] for row in second["results"]] == [None, None]


class TestAnExplanation:
    def test_names_for_each_value_the_rule_that_gives_it(self, manager: Desk) -> None:
        put(manager, {"loan_days": 7, "max_of_type": 2}, item_type="dvd")
        put(manager, {"renewals": 0}, branch="MAIN", item_type="dvd")
        asked = manager.get("/rules/explain", branch="MAIN", category="regular", item_type="dvd")
        values = asked.json()["values"]
        assert set(values) == set(RULE_VALUES)
        assert (values["loan_days"]["value"], values["loan_days"]["rule"]) == (14, rule(category="regular"))
        assert (values["max_of_type"]["value"], values["max_of_type"]["rule"]) == (2, rule(item_type="dvd"))
        assert values["renewals"]["rule"] == rule(branch="MAIN", item_type="dvd")
        assert (values["fine_per_day"]["value"], values["fine_per_day"]["rule"]) == ("0.25", rule())
        assert set(values["renewals"]) == {"value", "rule", "version", "set_by", "set_at"}
        assert values["renewals"]["set_by"].startswith("token:")

    def test_asks_what_holds_where_no_rule_names_it(self, manager: Desk) -> None:
        put(manager, {"renewals": 1}, branch="MAIN")
        values = manager.get("/rules/explain", category="premium").json()["values"]
        assert (values["renewals"]["value"], values["loan_days"]["value"]) == (3, 21)

    def test_has_nothing_to_tell_of_a_category_that_no_rule_names(self, manager: Desk) -> None:
        answer = manager.get("/rules/explain", branch="MAIN", category="alien", item_type="book")
        assert (answer.status_code, codes(answer)) == (409, ["no_terms_for_category"])

    def test_knows_the_branches(self, manager: Desk) -> None:
        answer = manager.get("/rules/explain", branch="NOWHERE", category="regular")
        assert (answer.status_code, codes(answer)) == (422, ["unknown_branch"])

    def test_asks_once_for_what_has_not_changed(self, manager: Desk, django_assert_num_queries: Any) -> None:
        asked = {"branch": "MAIN", "category": "regular", "item_type": "dvd"}
        before = manager.get("/rules/explain", **asked).json()
        with django_assert_num_queries(2):
            assert manager.get("/rules/explain", **asked).json() == before
        put(manager, {"renewals": 1}, item_type="dvd")
        assert manager.get("/rules/explain", **asked).json() != before


class TestLending:
    def test_keeps_to_the_limit_of_one_item_type_and_of_no_other(self, manager: Desk) -> None:
        put(manager, {"max_of_type": 1}, item_type="book")
        card = a_patron().card_number
        assert manager.borrow(a_copy(item_type="book").barcode, card).status_code == 201
        second = manager.borrow(a_copy(item_type="book").barcode, card)
        assert (second.status_code, codes(second)) == (409, ["item_type_limit_reached"])
        assert manager.borrow(a_copy(item_type="dvd").barcode, card).status_code == 201

    def test_uses_the_rule_of_the_copys_home_branch(self, manager: Desk) -> None:
        manager.post("/branches", code="EAST", name="East", time_zone="UTC")
        put(manager, {"loan_days": 3}, branch="EAST")
        card = a_patron().card_number
        here = manager.borrow(a_copy().barcode, card, at="2024-01-15T10:00:00Z").json()
        there = manager.borrow(a_copy(branch="EAST").barcode, card, at="2024-01-15T10:00:00Z").json()
        assert (here["due_at"], there["due_at"]) == ("2024-01-29T23:59:59Z", "2024-01-18T23:59:59Z")

    def test_keeps_the_terms_that_a_loan_was_made_under(self, manager: Desk) -> None:
        loan = a_loan()
        put(manager, {"loan_days": 1, "renewals": 0, "max_loans": 1}, category="regular")
        assert LoanRow.objects.get(id=loan.id).terms["renewals"] == 3
        assert manager.get(f"/loans/{loan.id}").json()["due_at"] == loan.due_at.isoformat().replace(
            "+00:00", "Z"
        )
        renewed = manager.post(f"/loans/{loan.id}/renew")
        assert (renewed.status_code, renewed.json()["renewals"]) == (200, 1)
