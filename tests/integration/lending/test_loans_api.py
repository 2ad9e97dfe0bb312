from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from lending.models import InHouseUseRow, LoanRow
from outbox.models import OutboxMessage
from patrons.services.commands.link_login import LinkLogin
from patrons.services.commands.suspend_patron import SuspendPatron
from shared_kernel.models import AuditEntry, IdempotencyRecord
from shared_kernel.services.commands import dispatch
from tests.factories import a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.integration.lending.desk import Desk, codes

pytestmark = pytest.mark.django_db

BORROWED = "lending.book_borrowed.v1"
RETURNED = "lending.book_returned.v1"


def events(type_: str) -> int:
    return OutboxMessage.objects.filter(type=type_).count()


class TestBorrowing:
    @pytest.mark.parametrize(
        ("category", "due_on"),
        [("regular", "2024-01-29"), ("premium", "2024-02-05"), ("researcher", "2024-02-14")],
    )
    def test_is_due_by_the_patrons_category(self, desk: Desk, category: str, due_on: str) -> None:
        patron = a_patron(category=category)
        response = desk.borrow(a_copy().barcode, patron.card_number, at="2024-01-15T10:00:00Z")
        assert response.status_code == 201
        assert response.json()["due_at"] == f"{due_on}T23:59:59Z"

    def test_answers_with_the_loan_and_records_one_event_and_one_audit_entry(self, desk: Desk) -> None:
        copy, patron = a_copy(), a_patron()
        response = desk.borrow(copy.barcode, patron.card_number)
        loan = response.json()
        assert set(loan) == {
            *("id", "copy_barcode", "book", "title", "patron", "branch", "state"),
            *("borrowed_at", "due_at", "returned_at", "renewals", "overdue"),
        }
        assert (loan["copy_barcode"], loan["patron"], loan["state"]) == (copy.barcode, str(patron.id), "open")
        assert events(BORROWED) == 1
        entry = AuditEntry.objects.get(action="BorrowBook")
        assert entry.subjects == {
            "patron": str(patron.id),
            "copy": str(copy.id),
            "book": str(copy.book),
            "loan": loan["id"],
        }

    def test_of_a_lent_copy_is_refused(self, desk: Desk) -> None:
        loan = a_loan()
        response = desk.borrow(loan.copy_barcode, a_patron().card_number)
        assert (response.status_code, codes(response)) == (409, ["copy_not_available"])
        assert response.headers["Content-Type"] == "application/problem+json"

    def test_twice_by_the_same_patron_points_to_renewing(self, desk: Desk) -> None:
        copy, patron = a_copy(), a_patron()
        first = desk.borrow(copy.barcode, patron.card_number).json()
        again = desk.borrow(copy.barcode, patron.card_number)
        assert (again.status_code, codes(again)) == (409, ["already_on_loan"])
        assert again.json()["errors"][0]["params"]["renew"] == f"/api/v1/loans/{first['id']}/renew"

    def test_refused_changes_nothing_but_the_audit(self, desk: Desk) -> None:
        loan = a_loan()
        before = (LoanRow.objects.count(), OutboxMessage.objects.count(), AuditEntry.objects.count())
        response = desk.borrow(loan.copy_barcode, a_patron().card_number, key="refused-0001")
        assert response.status_code == 409
        after = (LoanRow.objects.count(), OutboxMessage.objects.count() - 1, AuditEntry.objects.count() - 1)
        assert after == (before[0], before[1], before[2] + 1)  # besides the patron's registration
        assert not IdempotencyRecord.objects.exists()
        assert AuditEntry.objects.filter(action="BorrowBook", outcome="refused").get().codes == [
            "copy_not_available"
        ]

    def test_tells_all_reasons_at_once(self, desk: Desk) -> None:
        patron = a_patron()
        for _ in range(5):
            a_loan(patron_card=patron.card_number)
        dispatch(SuspendPatron(patron=patron.id, reason="unpaid bill"))
        taken = a_loan()
        later = (datetime.now(UTC) + timedelta(days=60)).isoformat()
        response = desk.borrow(taken.copy_barcode, patron.card_number, at=later)
        assert codes(response) == [
            "copy_not_available",
            "patron_blocked",
            "loan_limit_reached",
            "overdue_block",
        ]
        assert response.json()["code"] == "copy_not_available"

    def test_stops_for_a_suspended_patron(self, desk: Desk) -> None:
        patron = a_patron()
        dispatch(SuspendPatron(patron=patron.id, reason="unpaid bill"))
        response = desk.borrow(a_copy().barcode, patron.card_number)
        assert (response.status_code, codes(response)) == (409, ["patron_blocked"])

    @pytest.mark.parametrize(
        ("field", "code"), [("copy_barcode", "unknown_copy"), ("patron_card", "unknown_patron")]
    )
    def test_names_what_is_unknown(self, desk: Desk, field: str, code: str) -> None:
        known = {"copy_barcode": a_copy().barcode, "patron_card": a_patron().card_number}
        response = desk.post("/loans", **{**known, field: "nowhere-1"})
        assert (response.status_code, codes(response)) == (422, [code])
        assert response.json()["errors"][0]["pointer"] == f"/{field}"


class TestAnIdempotencyKey:
    def test_gives_the_first_answer_again_even_after_the_return(self, desk: Desk) -> None:
        copy, patron = a_copy(), a_patron()
        first = desk.borrow(copy.barcode, patron.card_number, key="borrow-0001")
        desk.post("/returns", copy_barcode=copy.barcode)
        again = desk.borrow(copy.barcode, patron.card_number, key="borrow-0001")
        assert (first.status_code, again.status_code) == (201, 201)
        assert again.content == first.content
        assert (LoanRow.objects.count(), events(BORROWED)) == (1, 1)

    def test_is_good_for_one_request(self, desk: Desk) -> None:
        patron = a_patron()
        desk.borrow(a_copy().barcode, patron.card_number, key="borrow-0001")
        other = desk.borrow(a_copy().barcode, patron.card_number, key="borrow-0001")
        assert (other.status_code, codes(other)) == (422, ["idempotency_key_reused"])

    @pytest.mark.parametrize("key", ["!!!!!!!!", "short", "x" * 129])
    def test_has_a_form(self, desk: Desk, key: str) -> None:
        response = desk.borrow(a_copy().barcode, a_patron().card_number, key=key)
        assert (response.status_code, codes(response)) == (400, ["idempotency_key_invalid"])

    def test_belongs_to_its_principal(self, desk: Desk, token: Any) -> None:
        other = Desk(token("circulation:write"))
        assert desk.borrow(a_copy().barcode, a_patron().card_number, key="borrow-0001").status_code == 201
        assert other.borrow(a_copy().barcode, a_patron().card_number, key="borrow-0001").status_code == 201


class TestReturning:
    def test_ends_the_loan(self, desk: Desk) -> None:
        loan = a_loan()
        response = desk.post("/returns", copy_barcode=loan.copy_barcode)
        assert response.status_code == 200
        answer = response.json()
        assert (answer["loan"]["id"], answer["loan"]["state"]) == (str(loan.id), "returned")
        assert (answer["hold"], answer["in_house"]) == (None, False)
        assert events(RETURNED) == 1

    def test_scanned_again_keeps_the_first_time(self, desk: Desk) -> None:
        loan = a_loan()
        first = desk.post("/returns", copy_barcode=loan.copy_barcode).json()
        again = desk.post("/returns", copy_barcode=loan.copy_barcode)
        assert (again.status_code, again.json()) == (200, {"loan": None, "hold": None, "in_house": False})
        assert events(RETURNED) == 1
        assert desk.get(f"/loans/{loan.id}").json()["returned_at"] == first["loan"]["returned_at"]

    def test_of_a_copy_never_lent_is_a_use_in_the_house(self, desk: Desk) -> None:
        copy = a_copy()
        answer = desk.post("/returns", copy_barcode=copy.barcode).json()
        assert answer == {"loan": None, "hold": None, "in_house": True}
        assert InHouseUseRow.objects.get().copy_id == copy.id
        assert events("lending.in_house_use_recorded.v1") == 1

    def test_can_be_dated_back_but_not_before_the_borrowing(self, desk: Desk) -> None:
        copy, patron = a_copy(), a_patron()
        desk.borrow(copy.barcode, patron.card_number, at="2024-01-15T10:00:00Z")
        early = desk.post("/returns", copy_barcode=copy.barcode, returned_at="2024-01-14T10:00:00Z")
        assert (early.status_code, codes(early)) == (422, ["returned_before_borrowed"])
        assert events(RETURNED) == 0
        good = desk.post("/returns", copy_barcode=copy.barcode, returned_at="2024-01-20T10:00:00Z")
        assert good.json()["loan"]["returned_at"] == "2024-01-20T10:00:00Z"

    def test_cannot_be_in_the_future(self, desk: Desk) -> None:
        response = desk.post(
            "/returns", copy_barcode=a_loan().copy_barcode, returned_at="2999-01-01T00:00:00Z"
        )
        assert (response.status_code, codes(response)) == (422, ["returned_in_the_future"])

    def test_needs_a_time_with_its_zone(self, desk: Desk) -> None:
        response = desk.post(
            "/returns", copy_barcode=a_loan().copy_barcode, returned_at="2024-01-20T10:00:00"
        )
        assert response.status_code == 422

    def test_lets_somebody_else_borrow(self, desk: Desk) -> None:
        loan = a_loan()
        desk.post("/returns", copy_barcode=loan.copy_barcode)
        assert desk.borrow(loan.copy_barcode, a_patron().card_number).status_code == 201


class TestLoans:
    def test_are_listed_newest_first_page_by_page_without_a_gap(self, desk: Desk) -> None:
        patron = a_patron(category="researcher")
        ids = [str(a_loan(patron_card=patron.card_number).id) for _ in range(5)]
        seen, url = [], "/loans?page_size=2"
        while url:
            page = desk.client.get(
                f"/api/v1{url}" if url.startswith("/loans") else url, headers=desk.headers
            ).json()
            seen += [loan["id"] for loan in page["results"]]
            url = page["next"]
        assert seen == ids[::-1]

    def test_are_found_by_patron_copy_state_and_being_overdue(self, desk: Desk) -> None:
        first, second = a_loan(), a_loan()
        desk.post("/returns", copy_barcode=second.copy_barcode)
        later = (datetime.now(UTC) + timedelta(days=60)).isoformat()

        def found(**params: Any) -> list[str]:
            return [loan["id"] for loan in desk.get("/loans", at=later, **params).json()["results"]]

        assert found(patron=first.patron) == [str(first.id)]
        assert found(copy=second.copy_barcode) == [str(second.id)]
        assert found(state="returned") == [str(second.id)]
        assert found(overdue="true") == [str(first.id)]
        assert found(overdue="false") == [str(second.id)]

    def test_cost_the_same_queries_however_many(self, desk: Desk, django_assert_num_queries: Any) -> None:
        for _ in range(3):
            a_loan()
        desk.get("/loans")
        with django_assert_num_queries(1):
            assert len(desk.get("/loans").json()["results"]) == 3

    def test_of_others_are_unknown_to_a_patron(self, browser: Any) -> None:
        client = browser("patron")
        mine, other = a_patron(), a_loan()
        dispatch(LinkLogin(card=mine.card_number, login_id=int(client.session["_auth_user_id"])))
        own = a_loan(patron_card=mine.card_number)
        assert [loan["id"] for loan in client.get("/api/v1/loans").json()["results"]] == [str(own.id)]
        assert client.get(f"/api/v1/loans/{own.id}").status_code == 200
        foreign, unknown = client.get(f"/api/v1/loans/{other.id}"), client.get(f"/api/v1/loans/{uuid4()}")
        assert (foreign.status_code, unknown.status_code) == (404, 404)
        assert foreign.json()["code"] == unknown.json()["code"] == "not_found"

    def test_are_not_for_strangers(self) -> None:
        assert Client().get("/api/v1/loans").status_code == 401

    def test_cannot_be_made_by_patrons(self, browser: Any) -> None:
        response = browser("patron").post("/api/v1/loans", {}, content_type="application/json")
        assert response.status_code == 403


class TestEligibility:
    def test_names_the_codes_that_the_command_would_and_writes_nothing(self, desk: Desk) -> None:
        patron, taken = a_patron(), a_loan()
        dispatch(SuspendPatron(patron=patron.id, reason="unpaid bill"))
        before = (AuditEntry.objects.count(), OutboxMessage.objects.count())
        asked = desk.get(
            "/eligibility", patron_card=patron.card_number, copy_barcode=taken.copy_barcode
        ).json()
        assert (AuditEntry.objects.count(), OutboxMessage.objects.count()) == before
        told = desk.borrow(taken.copy_barcode, patron.card_number)
        assert asked["eligible"] is False
        assert [refusal["code"] for refusal in asked["refusals"]] == codes(told)

    def test_is_plain_when_nothing_is_in_the_way(self, desk: Desk) -> None:
        asked = desk.get("/eligibility", patron_card=a_patron().card_number, copy_barcode=a_copy().barcode)
        assert asked.json() == {"eligible": True, "refusals": []}
