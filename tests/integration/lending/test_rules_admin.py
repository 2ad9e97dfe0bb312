"""The rule matrix and the calendars as a manager sees and changes them, without a script."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from lending.models import BranchRow, CirculationRuleRow, ClosureRow, LoanRow
from lending.services.commands.add_closure import AddClosure
from lending.services.commands.place_hold import PlaceHold
from lending.services.commands.set_rule import SetRule
from outbox.models import OutboxMessage
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from tests.factories import a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.integration.conftest import Browser

pytestmark = pytest.mark.django_db

MATRIX = "/admin/lending/circulationrulerow/"
EDIT = f"{MATRIX}edit/"
DAY = date(2099, 1, 1)
BRANCHES = "/admin/lending/branchrow/"


@pytest.fixture
def manager(browser: Browser) -> Client:
    return browser("manager")


def text(answer: Any) -> str:
    """What the page says, without its tags and runs of blanks."""
    assert answer.status_code == 200, answer
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def calendar_of(code: str) -> str:
    return f"{BRANCHES}{BranchRow.objects.get(code=code).id}/change/"


class TestTheMatrix:
    def test_is_found_from_the_index(self, manager: Client) -> None:
        index = manager.get("/admin/").content.decode()
        assert MATRIX in index
        assert BRANCHES in index

    def test_shows_own_values_and_inherited_ones_with_their_source(self, manager: Client) -> None:
        dispatch(SetRule(item_type="dvd", values={"loan_days": 7, "fine_cap": "none"}))
        page = manager.get(MATRIX)
        assert "premium" in text(page)
        assert '<span class="own">7</span>' in page.content.decode()
        assert (
            '<span class="faint">0.25 <span class="source">everything</span></span>' in page.content.decode()
        )
        assert "no limit" in text(page)

    def test_explains_what_holds(self, manager: Client) -> None:
        page = text(manager.get(MATRIX, {"branch": "MAIN", "category": "premium", "item_type": "dvd"}))
        assert "Values for MAIN / premium / dvd 21 premium 10 premium no limit everything" in page
        nothing = text(manager.get(MATRIX, {"branch": "", "category": "alien", "item_type": ""}))
        assert "No circulation rule covers the patron category “alien”" in nothing

    def test_is_looked_at_with_circulation_and_edited_with_rules_alone(
        self, manager: Client, browser: Browser
    ) -> None:
        librarian = browser("librarian")
        assert "edit/" not in librarian.get(MATRIX).content.decode()
        assert "edit/" in manager.get(MATRIX).content.decode()
        assert librarian.get(EDIT, {"category": "regular"}).status_code == 403
        assert browser("operator").get(MATRIX).status_code == 403
        assert AuditEntry.objects.filter(outcome="denied").count() == 2

    def test_costs_the_same_queries_however_many_rules(
        self, manager: Client, django_assert_max_num_queries: Any
    ) -> None:
        for item_type in ("a", "b", "c", "d"):
            dispatch(SetRule(item_type=item_type, values={"loan_days": 7}))
        manager.get(MATRIX)
        with django_assert_max_num_queries(9):
            manager.get(MATRIX)


class TestEditingARule:
    def fields(self, client: Client, **about: str) -> dict[str, str]:
        """What a browser would send back: the page's fields as they are."""
        page = client.get(EDIT, about).content.decode()
        sent = dict(re.findall(r'<input type="(?:text|hidden)" name="(\w+)"(?: value="([^"]*)")?', page))
        sent.pop("csrfmiddlewaretoken", None)
        return {name: value for name, value in sent.items() if name != "q"}

    def test_offers_the_rows_values_and_what_it_would_inherit(self, manager: Client) -> None:
        page = manager.get(EDIT, {"category": "premium"}).content.decode()
        assert re.search(r'name="loan_days" value="21"', page)
        assert re.search(r'name="renewals"[^>]*placeholder="3"', page)
        assert "Circulation rule for premium" in page
        assert 'name="save"' not in page

    def test_shows_what_would_change_before_it_does(self, manager: Client) -> None:
        card = a_patron(category="premium").card_number
        for _ in range(2):
            a_loan(patron_card=card)
        lent = a_loan()
        dispatch(PlaceHold(book=lent.book, patron_card=card))
        sent = self.fields(manager, category="premium") | {"loan_days": "30", "max_loans": "2", "preview": ""}
        answer = manager.post(f"{EDIT}?category=premium", sent)
        page = text(answer)
        assert "Loan period (days) 21 30 premium" in page
        assert "Loan limit 10 2 premium" in page
        assert (
            "1 premium patron could not borrow anything until they return something (limit 10 → 2)." in page
        )
        assert "The rule covers 2 open loans, which keep their terms, and 1 active hold." in page
        assert 'name="save"' in answer.content.decode()
        assert CirculationRuleRow.objects.get(category="premium").version == 1

    def test_saves_for_a_reason_and_keeps_the_history(self, manager: Client) -> None:
        sent = self.fields(manager, category="premium") | {"loan_days": "", "fine_cap": "none", "save": ""}
        without = manager.post(f"{EDIT}?category=premium", sent)
        assert "Give a reason" in text(without)
        answer = manager.post(f"{EDIT}?category=premium", {**sent, "reason": "as the council decided"})
        assert (answer.status_code, said(answer)) == (302, ["The rule for premium was saved."])
        row = CirculationRuleRow.objects.get(category="premium")
        assert (row.values, row.version) == ({"max_loans": 10, "fine_cap": "none"}, 2)
        history = text(manager.get(f"{MATRIX}{row.id}/change/"))
        assert "as the council decided" in history
        assert "manager" in history
        assert "Maximum fine: no limit" in history
        assert "terms of a fresh library" in history

    def test_reads_every_kind_of_value(self, manager: Client) -> None:
        values = {"renew_overdue": "no", "renew_from": "today", "fine_per_day": "0.5", "max_of_type": "none"}
        sent = self.fields(manager, item_type="dvd") | values | {"grace_days": "2", "save": "", "reason": "x"}
        assert manager.post(f"{EDIT}?item_type=dvd", sent).status_code == 302
        assert CirculationRuleRow.objects.get(item_type="dvd").values == {
            "renew_overdue": False,
            "renew_from": "today",
            "fine_per_day": "0.50",
            "max_of_type": "none",
            "grace_days": 2,
        }

    @pytest.mark.parametrize("step", ["preview", "save"])
    def test_says_which_value_cannot_be(self, manager: Client, step: str) -> None:
        sent = self.fields(manager, category="premium") | {"loan_days": "soon", "reason": "x", step: ""}
        page = text(manager.post(f"{EDIT}?category=premium", sent))
        assert "“loan_days” can&#x27;t be soon: it must be a whole number of days, 1 to 3650." in page
        assert CirculationRuleRow.objects.get(category="premium").version == 1

    def test_says_that_somebody_else_was_faster(self, manager: Client) -> None:
        sent = self.fields(manager, category="premium") | {"save": "", "reason": "x", "loan_days": "9"}
        dispatch(SetRule(category="premium", values={"loan_days": 8}))
        assert "was changed since you loaded it" in text(manager.post(f"{EDIT}?category=premium", sent))
        assert CirculationRuleRow.objects.get(category="premium").values == {"loan_days": 8}

    def test_makes_no_rule_for_what_cannot_be(self, manager: Client) -> None:
        assert said(manager.get(EDIT, {"item_type": "A book!"})) == [
            "An item type has 1 to 40 characters (a-z, 0-9, _ and -) and starts with a letter or digit."
        ]
        sent = self.fields(manager, branch="NOWHERE") | {"preview": ""}
        assert "There is no branch with the code “NOWHERE”" in text(
            manager.post(f"{EDIT}?branch=NOWHERE", sent)
        )

    def test_is_not_begun_for_what_is_too_long(self, manager: Client) -> None:
        answer = manager.get(EDIT, {"branch": "X" * 30})
        assert (answer.status_code, answer["Location"]) == (302, MATRIX)
        sent = self.fields(manager, category="premium") | {"save": "", "reason": "x" * 501}
        assert "at most 500 characters" in text(manager.post(f"{EDIT}?category=premium", sent))

    def test_of_everything_leaves_no_value_open(self, manager: Client) -> None:
        sent = self.fields(manager) | {"loan_days": "", "preview": ""}
        page = text(manager.post(EDIT, sent))
        assert "must set every value. Missing:" in page

    def test_has_a_history_only_where_there_is_a_rule(self, manager: Client) -> None:
        answer = manager.get(f"{MATRIX}5f6c3c1e-7f5c-5b55-9d0e-3f7a6c1f2a10/change/")
        assert (answer.status_code, answer["Location"]) == (302, MATRIX)


class TestThePreviewsCounts:
    """The limits that become stricter, each with the patrons who would newly meet it."""

    def preview(self, manager: Client, values: dict[str, str], **about: str) -> str:
        row = CirculationRuleRow.objects.filter(
            **{"branch": "", "category": "", "item_type": "", **about}
        ).first()
        kept = {name: str(value) for name, value in (row.values if row else {}).items()}
        sent = {"version": row.version if row else 0, **kept, **values, "preview": ""}
        return text(manager.post(f"{EDIT}?{'&'.join(f'{k}={v}' for k, v in about.items())}", sent))

    def test_tell_of_loans_of_a_type(self, manager: Client) -> None:
        card = a_patron().card_number
        for item_type in ("dvd", "dvd", "book"):
            a_loan(patron_card=card, copy_barcode=a_copy(item_type=item_type).barcode)
        page = self.preview(manager, {"max_of_type": "2"}, item_type="dvd")
        assert "1 regular patron could not borrow another item of one type" in page
        assert "(limit for dvd no limit → 2)" in page
        assert "covers 2 open loans" in page
        assert "No further patrons would be refused" in self.preview(
            manager, {"max_of_type": "3"}, item_type="dvd"
        )

    def test_tell_of_types_that_no_rule_names_apart(self, manager: Client) -> None:
        dispatch(SetRule(item_type="dvd", values={"loan_days": 7}))
        for types in (("book", "book"), ("dvd", "dvd"), ("book", "cd")):
            card = a_patron().card_number
            for item_type in types:
                a_loan(patron_card=card, copy_barcode=a_copy(item_type=item_type).barcode)
        page = self.preview(manager, {"max_of_type": "2"}, category="regular")
        of_one_type = "1 regular patron could not borrow another item of one type until they return one"
        assert f"{of_one_type} (limit no limit → 2)" in page
        assert f"{of_one_type} (limit for dvd no limit → 2)" in page

    def test_tell_of_holds(self, manager: Client) -> None:
        patron = a_patron()
        dispatch(PlaceHold(book=a_loan().book, patron_card=patron.card_number))
        page = self.preview(manager, {"hold_limit": "1"}, category="regular")
        assert "1 regular patron could not place another hold (limit 5 → 1)" in page

    def test_tell_of_the_minimum_age(self, manager: Client) -> None:
        a_patron(birth_date=None)
        page = self.preview(manager, {"min_age": "16"}, item_type="dvd")
        assert (
            "1 regular patron could not borrow or place holds until their date of birth is on record"
            " (limit for dvd no limit → 16)" in page
        )

    def test_tell_of_overdue_loans(self, manager: Client) -> None:
        loan = a_loan()
        LoanRow.objects.filter(id=loan.id).update(
            borrowed_at=datetime(2020, 1, 1, tzinfo=UTC), due_at=datetime(2020, 1, 15, tzinfo=UTC)
        )
        page = self.preview(manager, {"block_overdue": "1"}, category="regular")
        assert (
            "1 regular patron could not borrow anything until they return overdue loans (limit 3 → 1)" in page
        )

    def test_count_holds_of_the_books_that_have_such_a_copy(self, manager: Client) -> None:
        dvd = a_copy(item_type="dvd")
        for copy in (dvd, a_copy()):
            a_loan(copy_barcode=copy.barcode)
            dispatch(PlaceHold(book=copy.book, patron_card=a_patron().card_number))
        assert "and 1 active hold." in self.preview(manager, {"pickup_days": "3"}, item_type="dvd")
        assert "and 2 active holds." in self.preview(manager, {"pickup_days": "3"}, branch="MAIN")

    def test_say_so_where_nothing_changes(self, manager: Client) -> None:
        assert "The terms of new loans and holds would not change" in self.preview(
            manager, {}, category="regular"
        )


class TestABranchsCalendar:
    def test_is_listed_and_added(self, manager: Client) -> None:
        sent = {"code": "EAST", "name": "East", "time_zone": "Europe/Berlin", "closed_weekdays": ["6"]}
        assert manager.post(f"{BRANCHES}add/", sent).status_code == 302
        assert "Sunday" in text(manager.get(BRANCHES))
        assert manager.get(f"{BRANCHES}add/").status_code == 200
        again = manager.post(f"{BRANCHES}add/", sent)
        assert "A branch with this code already exists." in text(again)
        assert "Closed every Sunday" in text(manager.get(calendar_of("EAST")))

    def test_shows_what_a_closure_would_move_before_it_does(self, manager: Client) -> None:
        loan = a_loan()
        day = loan.due_at.date().isoformat()
        sent = {"first_on": day, "last_on": day, "reason": "stocktaking", "preview": ""}
        answer = manager.post(calendar_of("MAIN"), sent)
        page = text(answer)
        assert "1 open loan due on these days" in page
        assert "0 ready holds" in page
        assert loan.copy_barcode in page
        assert 'name="close"' in answer.content.decode()
        assert not ClosureRow.objects.exists()

    def test_closes_and_opens_after_all(self, manager: Client) -> None:
        sent = {"first_on": "2099-01-01", "last_on": "2099-01-02", "reason": "stocktaking", "close": ""}
        answer = manager.post(calendar_of("MAIN"), sent)
        assert answer.status_code == 302
        closure = ClosureRow.objects.get()
        assert "stocktaking" in text(manager.get(calendar_of("MAIN")))
        asked = manager.post(calendar_of("MAIN"), {"confirm_reopen": str(closure.id)})
        assert "already moved stay as they are" in text(asked)
        assert ClosureRow.objects.exists()
        done = manager.post(calendar_of("MAIN"), {"reopen": str(closure.id)})
        assert (done.status_code, said(done)[-1]) == (302, "The closure was removed.")
        assert not ClosureRow.objects.exists()
        assert OutboxMessage.objects.filter(type="lending.closure_removed.v1").count() == 1

    @pytest.mark.parametrize("step", ["preview", "close"])
    def test_says_why_it_cannot_be_closed(self, manager: Client, step: str) -> None:
        sent = {"first_on": "2099-01-02", "last_on": "2099-01-01", "reason": "x", step: ""}
        assert "must end on or after its first day" in text(manager.post(calendar_of("MAIN"), sent))
        assert "This field is required" in text(manager.post(calendar_of("MAIN"), {**sent, "reason": ""}))

    def test_says_that_a_closure_is_gone(self, manager: Client) -> None:
        for step in ("confirm_reopen", "reopen"):
            answer = manager.post(calendar_of("MAIN"), {step: "8c1d9c52-0000-4000-8000-000000000000"})
            assert said(answer)[-1] == "The branch has no such closure."

    def test_is_looked_at_with_circulation_and_changed_with_rules_alone(self, browser: Browser) -> None:
        dispatch(AddClosure(branch="MAIN", first_on=DAY, last_on=DAY, reason="stocktaking"))
        librarian = browser("librarian")
        page = librarian.get(calendar_of("MAIN")).content.decode()
        assert "stocktaking" in page
        assert 'name="first_on"' not in page
        assert "confirm_reopen" not in page
        sent = {"reopen": str(ClosureRow.objects.get().id)}
        assert librarian.post(calendar_of("MAIN"), sent).status_code == 403
        assert librarian.post(f"{BRANCHES}add/", {"code": "X"}).status_code == 403

    def test_is_found_only_where_there_is_a_branch(self, manager: Client) -> None:
        answer = manager.get(f"{BRANCHES}5f6c3c1e-7f5c-5b55-9d0e-3f7a6c1f2a10/change/")
        assert (answer.status_code, answer["Location"]) == (302, BRANCHES)
