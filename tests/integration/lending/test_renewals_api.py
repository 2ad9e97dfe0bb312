from typing import Any

import pytest

from lending.models import CirculationRuleRow
from lending.services.commands.set_rule import SetRule
from patrons.services.commands.suspend_patron import SuspendPatron
from shared_kernel.services.commands import dispatch
from tests.factories import a_copy
from tests.factories_patrons import a_patron
from tests.integration.lending.desk import Desk, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def terms() -> Any:
    """Changes the terms of regular patrons."""

    def change(**values: Any) -> None:
        row = CirculationRuleRow.objects.get(branch="", category="regular", item_type="")
        dispatch(SetRule(category="regular", values={**row.values, **values}))

    return change


def borrowed(desk: Desk, *, at: str) -> dict[str, Any]:
    loan: dict[str, Any] = desk.borrow(a_copy().barcode, a_patron().card_number, at=at).json()
    return loan


class TestRenewing:
    def test_counts_from_the_due_date_up_to_the_limit(self, desk: Desk, terms: Any) -> None:
        terms(loan_days=2, renewals=3)
        loan = borrowed(desk, at="2018-04-21T10:00:00Z")
        renew = f"/loans/{loan['id']}/renew"
        for _ in range(3):
            answer = desk.post(renew, at="2018-04-21T11:00:00Z")
            assert answer.status_code == 200
        assert (answer.json()["due_at"], answer.json()["renewals"]) == ("2018-04-29T23:59:59Z", 3)
        fourth = desk.post(renew, at="2018-04-21T11:00:00Z")
        assert (fourth.status_code, codes(fourth)) == (409, ["renewal_limit_reached"])

    def test_waits_for_its_window(self, desk: Desk, terms: Any) -> None:
        terms(renew_window_days=7)
        loan = borrowed(desk, at="2024-01-15T10:00:00Z")
        renew = f"/loans/{loan['id']}/renew"
        early = desk.post(renew, at="2024-01-21T10:00:00Z")
        assert codes(early) == ["too_soon"]
        assert early.json()["errors"][0]["params"]["earliest_at"] == "2024-01-22T00:00:00+00:00"
        assert desk.post(renew, at="2024-01-22T10:00:00Z").status_code == 200

    def test_from_today_must_gain_time(self, desk: Desk, terms: Any) -> None:
        terms(renew_from="today")
        loan = borrowed(desk, at="2024-01-15T10:00:00Z")
        renew = f"/loans/{loan['id']}/renew"
        assert codes(desk.post(renew, at="2024-01-15T11:00:00Z")) == ["due_date_not_later"]
        assert desk.post(renew, at="2024-01-16T11:00:00Z").json()["due_at"] == "2024-01-30T23:59:59Z"

    def test_stops_for_whoever_waits_but_not_for_a_suspended_hold(self, desk: Desk) -> None:
        loan = borrowed(desk, at="2024-01-15T10:00:00Z")
        renew = f"/loans/{loan['id']}/renew"
        hold = desk.hold(loan["book"], a_patron().card_number).json()
        assert codes(desk.post(renew, at="2024-01-16T10:00:00Z")) == ["waited_for"]
        desk.post(f"/holds/{hold['id']}/suspend")
        assert desk.post(renew, at="2024-01-16T10:00:00Z").status_code == 200

    @pytest.mark.parametrize("allowed", [True, False])
    def test_of_an_overdue_loan_is_a_matter_of_the_terms(self, desk: Desk, terms: Any, allowed: bool) -> None:
        terms(renew_overdue=allowed)
        loan = borrowed(desk, at="2024-01-15T10:00:00Z")
        answer = desk.post(f"/loans/{loan['id']}/renew", at="2024-01-31T10:00:00Z")
        if allowed:
            assert answer.json()["due_at"] == "2024-02-14T23:59:59Z"
        else:
            assert codes(answer) == ["overdue"]

    def test_of_a_returned_loan_is_refused_with_its_state(self, desk: Desk) -> None:
        loan = borrowed(desk, at="2024-01-15T10:00:00Z")
        desk.give_back(loan["copy_barcode"])
        refused = desk.post(f"/loans/{loan['id']}/renew")
        assert "not_renewable" in codes(refused)

    def test_keeps_the_terms_that_the_loan_was_made_under(self, desk: Desk, terms: Any) -> None:
        loan = borrowed(desk, at="2024-01-15T10:00:00Z")
        terms(loan_days=1, renewals=0)
        answer = desk.post(f"/loans/{loan['id']}/renew", at="2024-01-16T10:00:00Z")
        assert answer.json()["due_at"] == "2024-02-12T23:59:59Z"

    def test_stops_for_a_suspended_patron(self, desk: Desk) -> None:
        patron = a_patron()
        loan = desk.borrow(a_copy().barcode, patron.card_number).json()
        dispatch(SuspendPatron(patron=patron.id, reason="unpaid bill"))
        assert codes(desk.post(f"/loans/{loan['id']}/renew")) == ["patron_blocked"]


class TestOverriding:
    def test_needs_the_scope_and_a_reason(self, desk: Desk, token: Any) -> None:
        patron = a_patron()
        for _ in range(5):
            desk.borrow(a_copy().barcode, patron.card_number)
        override = {"codes": ["loan_limit_reached"], "comment": "thesis due"}
        sixth = a_copy().barcode
        assert desk.borrow(sixth, patron.card_number, override=override).status_code == 403
        manager = Desk(token("circulation:write", "override"))
        silent = manager.borrow(sixth, patron.card_number, override={**override, "comment": " "})
        assert (silent.status_code, codes(silent)) == (422, ["reason_required"])
        assert manager.borrow(sixth, patron.card_number, override=override).status_code == 201

    def test_never_lends_a_copy_that_is_not_there(self, desk: Desk, token: Any) -> None:
        copy = a_copy()
        desk.borrow(copy.barcode, a_patron().card_number)
        manager = Desk(token("circulation:write", "override"))
        override = {"codes": ["copy_not_available"], "comment": "please"}
        refused = manager.borrow(copy.barcode, a_patron().card_number, override=override)
        assert codes(refused) == ["copy_not_available"]
