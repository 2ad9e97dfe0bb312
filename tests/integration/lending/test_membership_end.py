"""Nothing is lent, renewed or held beyond the end of a membership."""

from datetime import date
from typing import Any

import pytest

from lending.models import CirculationRuleRow
from lending.services.commands.set_rule import SetRule
from patrons.services.commands.renew_membership import RenewMembership
from patrons.services.patron_details import PatronDetails
from shared_kernel.services.commands import dispatch
from tests.factories import a_branch, a_copy
from tests.factories_patrons import a_patron
from tests.integration.lending.desk import Desk, codes

pytestmark = pytest.mark.django_db

#: Regular patrons have a book for 14 days: borrowed then, it would be due on 29 January.
MONDAY = "2024-01-15T10:00:00Z"


def ending(on: str) -> PatronDetails:
    return a_patron(expires_on=on)


def borrowed(desk: Desk, patron: PatronDetails, *, at: str = MONDAY, **copy: Any) -> dict[str, Any]:
    loan: dict[str, Any] = desk.borrow(a_copy(**copy).barcode, patron.card_number, at=at).json()
    return loan


def renewed(desk: Desk, loan: dict[str, Any], *, at: str) -> Any:
    return desk.post(f"/loans/{loan['id']}/renew", at=at)


def change_terms(**values: Any) -> None:
    row = CirculationRuleRow.objects.get(branch="", category="regular", item_type="")
    dispatch(SetRule(category="regular", values={**row.values, **values}))


class TestBorrowing:
    @pytest.mark.parametrize(
        ("expires_on", "due_on"),
        [
            ("2024-01-15", "2024-01-15"),
            ("2024-01-28", "2024-01-28"),
            ("2024-01-29", "2024-01-29"),
            ("2024-01-30", "2024-01-29"),
        ],
    )
    def test_is_due_on_the_last_day_of_the_membership_at_the_latest(
        self, desk: Desk, expires_on: str, due_on: str
    ) -> None:
        assert borrowed(desk, ending(expires_on))["due_at"] == f"{due_on}T23:59:59Z"

    def test_is_due_on_the_last_open_day_of_the_membership(self, desk: Desk) -> None:
        a_branch("CITY", closed_weekdays=(5, 6))
        loan = borrowed(desk, ending("2024-01-28"), branch="CITY")
        assert loan["due_at"] == "2024-01-26T23:59:59Z"

    def test_goes_by_the_day_of_the_branch(self, desk: Desk) -> None:
        a_branch("WEST", time_zone="America/Los_Angeles")
        patron, early_on_the_16th = ending("2024-01-15"), "2024-01-16T07:00:00Z"
        assert borrowed(desk, patron, at=early_on_the_16th, branch="WEST")["due_at"] == "2024-01-16T07:59:59Z"
        refused = desk.borrow(a_copy().barcode, patron.card_number, at=early_on_the_16th)
        assert codes(refused) == ["membership_expired"]

    def test_stays_within_the_membership_when_a_limit_is_overridden(self, token: Any) -> None:
        manager, patron = Desk(token("circulation:write", "override")), ending("2024-01-20")
        change_terms(max_loans=0)
        answer = manager.borrow(
            a_copy().barcode,
            patron.card_number,
            at=MONDAY,
            override={"codes": ["loan_limit_reached"], "comment": "thesis due"},
        )
        assert answer.json()["due_at"] == "2024-01-20T23:59:59Z"

    def test_after_the_end_is_never_overridden(self, token: Any) -> None:
        manager, patron = Desk(token("circulation:write", "override")), ending("2024-01-14")
        override = {"codes": ["membership_expired"], "comment": "please"}
        refused = manager.borrow(a_copy().barcode, patron.card_number, at=MONDAY, override=override)
        assert (refused.status_code, codes(refused)) == (409, ["membership_expired"])


class TestRenewing:
    @pytest.mark.parametrize(
        ("expires_on", "due_on"),
        [("2024-01-30", "2024-01-30"), ("2024-02-11", "2024-02-11"), ("2024-02-13", "2024-02-12")],
    )
    @pytest.mark.parametrize("renew_from", ["due", "today"])
    def test_gives_no_day_after_the_membership(
        self, desk: Desk, expires_on: str, due_on: str, renew_from: str
    ) -> None:
        change_terms(renew_from=renew_from)
        loan = borrowed(desk, ending(expires_on))
        assert renewed(desk, loan, at="2024-01-29T10:00:00Z").json()["due_at"] == f"{due_on}T23:59:59Z"

    def test_is_due_on_the_last_open_day_of_the_membership(self, desk: Desk) -> None:
        a_branch("CITY", closed_weekdays=(5, 6))
        loan = borrowed(desk, ending("2024-02-04"), branch="CITY")
        assert renewed(desk, loan, at="2024-01-29T10:00:00Z").json()["due_at"] == "2024-02-02T23:59:59Z"

    def test_that_could_only_go_beyond_it_gains_nothing(self, desk: Desk) -> None:
        patron = ending("2024-01-29")
        loan = borrowed(desk, patron)
        assert codes(renewed(desk, loan, at="2024-01-29T10:00:00Z")) == ["due_date_not_later"]
        dispatch(RenewMembership(patron=patron.id, expires_on=date(2024, 2, 29)))
        assert renewed(desk, loan, at="2024-01-29T11:00:00Z").json()["due_at"] == "2024-02-12T23:59:59Z"

    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            ("2024-01-20T10:00:00Z", "due_date_not_later"),
            ("2024-01-20T23:59:59Z", "due_date_not_later"),  # no later instant of that day is left
            ("2024-01-21T00:00:00Z", "membership_expired"),
        ],
    )
    def test_is_refused_from_the_last_day_on(self, desk: Desk, at: str, expected: str) -> None:
        assert expected in codes(renewed(desk, borrowed(desk, ending("2024-01-20")), at=at))


class TestAHold:
    def test_is_placed_by_members_alone(self, desk: Desk) -> None:
        book, patron = a_copy().book, ending("2024-01-15")
        assert codes(desk.hold(book, patron.card_number, at="2024-01-16T00:00:00Z")) == ["membership_expired"]
        assert desk.hold(book, patron.card_number, at="2024-01-15T23:59:59Z").status_code == 201

    def test_that_is_ready_lends_nothing_once_the_membership_is_over(self, desk: Desk) -> None:
        copy, patron = a_copy(), ending("2024-01-16")
        hold = desk.hold(copy.book, patron.card_number, at=MONDAY).json()
        ready = desk.post(f"/holds/{hold['id']}/ready", at=MONDAY).json()
        assert ready["pickup_deadline_at"] > "2024-01-17"
        refused = desk.borrow(copy.barcode, patron.card_number, at="2024-01-17T10:00:00Z")
        assert codes(refused) == ["membership_expired"]
        on_the_last_day = desk.borrow(copy.barcode, patron.card_number, at="2024-01-16T10:00:00Z")
        assert on_the_last_day.json()["due_at"] == "2024-01-16T23:59:59Z"
