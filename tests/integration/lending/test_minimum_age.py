"""A rule may set the age from which patrons borrow and place holds."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lending.models import CirculationRuleRow, LoanRow
from lending.services.commands.set_rule import SetRule
from lending.services.queries.rule_preview import RulePreview
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask
from tests.factories import a_branch, a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.integration.conftest import Token
from tests.integration.lending.desk import Desk, codes

pytestmark = pytest.mark.django_db

MONDAY = "2024-01-15T10:00:00Z"


@pytest.fixture
def staff(token: Token) -> Desk:
    return Desk(token("circulation:read", "circulation:write", "rules:write", "override"))


@pytest.fixture
def from_sixteen(staff: Desk) -> Desk:
    """The desk of a library that lends DVDs from the age of 16."""
    film = {"branch": None, "category": None, "item_type": "dvd"}
    assert staff.put("/rules", **film, values={"min_age": 16}).status_code == 200
    return staff


def born(on: date | None) -> str:
    return a_patron(birth_date=on).card_number


def a_film(**where: Any) -> Any:
    return a_copy(item_type="dvd", **where)


class TestBorrowing:
    @pytest.mark.parametrize(
        ("birth_date", "refused"),
        [(date(2008, 1, 16), ["too_young"]), (date(2008, 1, 15), []), (None, ["age_unknown"])],
    )
    def test_is_refused_below_the_age_and_without_a_birth_date(
        self, from_sixteen: Desk, birth_date: date | None, refused: list[str]
    ) -> None:
        card, barcode = born(birth_date), a_film().barcode
        asked = from_sixteen.get("/eligibility", at=MONDAY, patron_card=card, copy_barcode=barcode).json()
        assert [reason["code"] for reason in asked["refusals"]] == refused
        answer = from_sixteen.borrow(barcode, card, at=MONDAY)
        assert answer.status_code == (409 if refused else 201)
        assert codes(answer) == refused if refused else answer.json()["state"] == "open"

    def test_of_other_copies_is_free_to_everybody(self, from_sixteen: Desk) -> None:
        assert from_sixteen.borrow(a_copy().barcode, born(None), at=MONDAY).status_code == 201

    def test_counts_the_age_on_the_branchs_day(self, from_sixteen: Desk) -> None:
        a_branch("EAST", time_zone="Pacific/Auckland")
        a_branch("WEST", time_zone="America/New_York")
        on_the_eve, card = "2024-01-14T12:00:00Z", born(date(2008, 1, 15))
        assert codes(from_sixteen.borrow(a_film(branch="WEST").barcode, card, at=on_the_eve)) == ["too_young"]
        assert from_sixteen.borrow(a_film(branch="EAST").barcode, card, at=on_the_eve).status_code == 201

    @pytest.mark.parametrize(("birth_date", "code"), [(date(2010, 1, 1), "too_young"), (None, "age_unknown")])
    def test_can_be_overridden_for_a_reason(
        self, from_sixteen: Desk, birth_date: date | None, code: str
    ) -> None:
        override = {"codes": [code], "comment": "a parent is present"}
        answer = from_sixteen.borrow(a_film().barcode, born(birth_date), at=MONDAY, override=override)
        assert answer.status_code == 201
        assert AuditEntry.objects.get(action="BorrowBook").codes == [code]


class TestAHold:
    @pytest.mark.parametrize(
        ("birth_date", "refused"), [(date(2010, 1, 1), ["too_young"]), (None, ["age_unknown"])]
    )
    def test_asks_for_the_age_too(
        self, from_sixteen: Desk, birth_date: date | None, refused: list[str]
    ) -> None:
        book = a_film().book
        assert codes(from_sixteen.hold(book, born(birth_date), at=MONDAY)) == refused
        assert from_sixteen.hold(book, born(date(2000, 2, 29)), at=MONDAY).status_code == 201


class TestTheValue:
    def test_is_no_limit_where_a_stored_rule_for_everything_leaves_it_out(self, staff: Desk) -> None:
        stored = CirculationRuleRow.objects.get(branch="", category="", item_type="")
        assert "min_age" not in stored.values
        explained = staff.get("/rules/explain", category="regular").json()["values"]["min_age"]
        assert (explained["value"], explained["version"]) == ("none", stored.version)
        everything = {"branch": None, "category": None, "item_type": None}
        values = {**stored.values, "loan_days": 10}
        assert staff.put("/rules", **everything, values=values).json()["values"]["min_age"] == "none"

    @pytest.mark.parametrize("value", [0, 121, -1, "16", True])
    def test_is_a_number_of_years(self, staff: Desk, value: object) -> None:
        about = {"branch": None, "category": "regular", "item_type": None}
        assert codes(staff.put("/rules", **about, values={"min_age": value})) == ["invalid_rule_value"]

    def test_is_in_the_preview(self) -> None:
        [change] = ask(RulePreview(category="regular", values={"loan_days": 14, "min_age": 12})).changes
        assert (change.name, change.before, change.after) == ("min_age", "none", 12)

    def test_is_previewed_with_the_patrons_whom_it_would_refuse(self) -> None:
        today = datetime.now(UTC).date()
        for years in (10, 10, 14, 40):
            a_patron(birth_date=today.replace(day=1) - timedelta(days=366 * years))
        a_patron(birth_date=None)
        a_patron(birth_date=None, category="premium")
        film: dict[str, Any] = {"category": "regular", "item_type": "dvd"}
        refused = ask(RulePreview(**film, values={"min_age": 12})).newly_refused
        assert {each.code: each.patrons for each in refused} == {"too_young": 2, "age_unknown": 1}
        assert {(each.category, each.item_type, each.after) for each in refused} == {("regular", "dvd", 12)}
        dispatch(SetRule(**film, values={"min_age": 12}))
        [raised] = ask(RulePreview(**film, values={"min_age": 16})).newly_refused
        assert (raised.code, raised.patrons, raised.before) == ("too_young", 1, 12)
        assert ask(RulePreview(**film, values={"min_age": 6})).newly_refused == []

    def test_is_absent_from_older_loans_which_go_on_as_they_are(self, staff: Desk) -> None:
        row = LoanRow.objects.get(id=a_loan().id)
        LoanRow.objects.filter(id=row.id).update(
            terms={name: term for name, term in row.terms.items() if name != "min_age"}
        )
        assert staff.post(f"/loans/{row.id}/renew").status_code == 200
        assert staff.give_back(row.barcode).json()["loan"]["state"] == "returned"
