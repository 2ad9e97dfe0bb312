"""Books revised and removed, and Copies put into another condition, over the API."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from catalog.models import BookRow, CopyRow, IsbnRow
from catalog.services.queries.list_books import ListBooks
from catalog.subscribers import mark_copy_missing
from lending.models import HoldRow
from lending.services.commands.place_hold import PlaceHold
from outbox.envelope import ReceivedEvent, read_event
from outbox.models import OutboxMessage
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from shared_kernel.services.pagination import PageRequest
from shared_kernel.services.queries import ask
from tests.factories import a_book, a_copy, a_loan
from tests.factories_patrons import a_patron

pytestmark = pytest.mark.django_db


def patch(client: APIClient, path: str, body: dict[str, Any], **headers: str) -> Any:
    return client.patch(f"/api/v1{path}", body, format="json", headers=headers)


def codes(answer: Any) -> list[str]:
    return [error["code"] for error in answer.json()["errors"]]


def found(q: str) -> list[str]:
    return [book.title for book in ask(ListBooks(q=q, page=PageRequest())).results]


def last_event(aggregate: UUID | str) -> ReceivedEvent:
    return read_event(OutboxMessage.objects.filter(aggregate_id=aggregate).latest("id").payload)


class TestRevisingABook:
    def test_answers_the_book_as_it_is_now(self, cataloguer: APIClient) -> None:
        book = a_book(title="Midlemarch", isbn="9780141439549", year=1871, copies=2)
        a_loan(copy_barcode=CopyRow.objects.first().barcode)  # type: ignore[union-attr]  # there are two
        answer = patch(cataloguer, f"/books/{book.id}", {"title": "Middlemarch", "year": None})
        assert answer.status_code == 200
        body = answer.json()
        assert (body["title"], body["year"], body["isbn"], body["version"]) == (
            *("Middlemarch", None),
            *("9780141439549", 2),
        )
        assert body["availability"] == {"copies": 2, "lendable": 2, "available": 1, "holds_waiting": 0}
        assert cataloguer.get(f"/api/v1/books/{book.id}").json() == body

    def test_tells_the_world_what_changed(self, cataloguer: APIClient) -> None:
        book = a_book(title="Midlemarch")
        patch(cataloguer, f"/books/{book.id}", {"title": "Middlemarch", "authors": ["Eliot, G."]})
        event = last_event(book.id)
        assert (event.type, event.aggregateversion) == ("catalog.book_revised.v1", 2)
        assert event.data["changed"] == ["title", "authors"]
        assert "Eliot" not in json.dumps(event.data)

    def test_changes_by_which_words_it_is_found(self, cataloguer: APIClient) -> None:
        book = a_book(title="Silas Marner")
        patch(cataloguer, f"/books/{book.id}", {"title": "Romola"})
        assert (found("marner"), found("romola")) == ([], ["Romola"])

    @pytest.mark.parametrize("seen", ['"1"', "*", 'W/"1"'])
    def test_goes_on_where_the_version_is_the_one_seen(self, cataloguer: APIClient, seen: str) -> None:
        book = a_book()
        answer = patch(cataloguer, f"/books/{book.id}", {"year": 1900}, **{"If-Match": seen})
        assert answer.status_code == 200

    def test_by_the_tag_of_a_look_at_it(self, cataloguer: APIClient) -> None:
        book = a_book()
        tag = cataloguer.get(f"/api/v1/books/{book.id}")["ETag"]
        assert patch(cataloguer, f"/books/{book.id}", {"year": 1900}, **{"If-Match": tag}).status_code == 200
        stale = patch(cataloguer, f"/books/{book.id}", {"year": 1901}, **{"If-Match": tag})
        assert (stale.status_code, codes(stale)) == (412, ["precondition_failed"])
        assert BookRow.objects.get().year == 1900

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"title": "\u200b"}, "invalid_title"),
            ({"title": None}, "null"),
            ({"authors": []}, "invalid_authors"),
            ({"isbn": "9780743273566"}, "invalid_isbn"),
            ({"pages": 3}, "unknown_field"),
            ({"version": 3}, "unknown_field"),
        ],
    )
    def test_is_refused_for_a_value_out_of_bounds(
        self, cataloguer: APIClient, wrong: dict[str, Any], code: str
    ) -> None:
        answer = patch(cataloguer, f"/books/{a_book().id}", wrong)
        assert (answer.status_code, codes(answer)) == (422, [code])

    def test_is_refused_for_an_isbn_that_another_book_has(self, cataloguer: APIClient) -> None:
        a_book(isbn="9780743273565")
        book = a_book(isbn="9780141439549")
        answer = patch(cataloguer, f"/books/{book.id}", {"isbn": "0-7432-7356-7"})
        assert (answer.status_code, codes(answer)) == (409, ["duplicate_isbn"])
        assert set(IsbnRow.objects.values_list("isbn", flat=True)) == {"9780743273565", "9780141439549"}

    def test_of_nothing_changes_nothing(self, cataloguer: APIClient) -> None:
        book = a_book()
        assert patch(cataloguer, f"/books/{book.id}", {}).json()["version"] == 1
        assert OutboxMessage.objects.filter(aggregate_id=book.id).count() == 1

    def test_is_for_cataloguers_alone(self, anybody: APIClient, cataloguer: APIClient) -> None:
        assert patch(anybody, f"/books/{a_book().id}", {"year": 1}).status_code == 401
        assert patch(cataloguer, f"/books/{uuid4()}", {"year": 1}).status_code == 404


class TestRemovingABook:
    def remove(self, client: APIClient, book: object, **headers: str) -> Any:
        return client.delete(f"/api/v1/books/{book}", headers=headers)

    def test_leaves_nothing_of_it(self, cataloguer: APIClient) -> None:
        book = a_book(title="Romola", isbn="9780140434705")
        copy = a_copy(book=book.id)
        CopyRow.objects.update(condition="withdrawn", condition_reason="sold")
        answer = self.remove(cataloguer, book.id, **{"If-Match": '"1"'})
        assert (answer.status_code, answer.content) == (204, b"")
        assert cataloguer.get(f"/api/v1/books/{book.id}").status_code == 404
        assert not CopyRow.objects.exists()
        assert found("romola") == []
        assert (last_event(copy.id).type, last_event(book.id).type) == (
            "catalog.copy_removed.v1",
            "catalog.book_removed.v1",
        )
        a_book(isbn="9780140434705")

    def test_is_refused_while_it_has_copies(self, cataloguer: APIClient) -> None:
        book = a_book(copies=1)
        answer = self.remove(cataloguer, book.id)
        assert (answer.status_code, codes(answer)) == (409, ["has_copies"])

    def test_is_refused_while_somebody_has_it_or_waits(self, cataloguer: APIClient) -> None:
        lent, held = a_copy(), a_copy()
        a_loan(copy_barcode=lent.barcode)
        dispatch(PlaceHold(book=held.book, patron_card=a_patron().card_number))
        assert codes(self.remove(cataloguer, lent.book)) == ["has_copies", "has_open_loans"]
        assert codes(self.remove(cataloguer, held.book)) == ["has_copies", "has_active_holds"]

    def test_is_refused_for_a_version_that_is_gone(self, cataloguer: APIClient) -> None:
        answer = self.remove(cataloguer, a_book().id, **{"If-Match": '"2"'})
        assert (answer.status_code, BookRow.objects.count()) == (412, 1)

    def test_is_for_cataloguers_alone(self, anybody: APIClient) -> None:
        assert self.remove(anybody, a_book().id).status_code == 401


class TestChangingACopysCondition:
    def change(self, client: APIClient, barcode: str, /, **body: Any) -> Any:
        return patch(client, f"/copies/{barcode}", body)

    def test_takes_it_out_of_circulation_and_back(self, cataloguer: APIClient) -> None:
        copy = a_copy()
        damaged = self.change(cataloguer, copy.barcode, condition="damaged", reason="wet").json()
        assert (damaged["condition"], damaged["state"]) == ("damaged", "out_of_service")
        assert self.change(cataloguer, copy.barcode, condition="in_service").json()["state"] == "free"
        assert CopyRow.objects.get().condition_reason == ""

    def test_is_on_record_with_its_reason_but_tells_the_world_none(self, cataloguer: APIClient) -> None:
        copy = a_copy()
        self.change(cataloguer, copy.barcode, condition="missing", reason="J. has it")
        entry = AuditEntry.objects.get(action="ChangeCopyCondition")
        assert (entry.subjects, entry.comment) == (
            {"copy": str(copy.id), "book": str(copy.book)},
            "J. has it",
        )
        event = last_event(copy.id)
        assert event.data == {
            "book_id": str(copy.book),
            "copy_id": str(copy.id),
            "barcode": copy.barcode,
            "condition": "missing",
            "previous_condition": "in_service",
        }

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"condition": "damaged"}, "reason_required"),
            ({"condition": "damaged", "reason": " "}, "reason_required"),
            ({"condition": "damaged", "reason": "a\nb"}, "invalid_reason"),
            ({"condition": "lost", "reason": "x"}, "invalid_choice"),
            ({"reason": "x"}, "required"),
            ({"condition": "in_service", "barcode": "2"}, "unknown_field"),
        ],
    )
    def test_is_refused_where_it_makes_no_sense(
        self, cataloguer: APIClient, body: dict[str, Any], code: str
    ) -> None:
        answer = self.change(cataloguer, a_copy().barcode, **body)
        assert (answer.status_code, codes(answer)) == (422, [code])

    def test_withdraws_none_that_is_lent(self, cataloguer: APIClient) -> None:
        loan = a_loan()
        answer = self.change(cataloguer, loan.copy_barcode, condition="withdrawn", reason="old")
        assert (answer.status_code, codes(answer)) == (409, ["has_open_loans"])
        worn = self.change(cataloguer, loan.copy_barcode, condition="damaged", reason="worn").json()
        assert (worn["condition"], worn["state"]) == ("damaged", "lent")

    def test_withdraws_none_that_is_set_aside(self, cataloguer: APIClient) -> None:
        copy = a_copy()
        dispatch(PlaceHold(book=copy.book, patron_card=a_patron().card_number))
        assert HoldRow.objects.get().state == "allocated"
        answer = self.change(cataloguer, copy.barcode, condition="withdrawn", reason="old")
        assert (answer.status_code, codes(answer)) == (409, ["has_active_holds"])

    def test_is_for_cataloguers_alone(self, anybody: APIClient, cataloguer: APIClient) -> None:
        assert self.change(anybody, a_copy().barcode, condition="in_service").status_code == 401
        assert self.change(cataloguer, "nobody", condition="in_service").status_code == 404


class TestHearingThatACopyIsNotOnItsShelf:
    def heard(self, copy: object) -> None:
        mark_copy_missing(
            ReceivedEvent(
                id=uuid4(),
                type="lending.hold_copy_not_found.v1",
                source="/lending",
                subject=uuid4(),
                time=AuditEntry.objects.latest("id").at,
                data={"copy_id": str(copy), "barcode": "1", "book_id": str(uuid4())},
                aggregateversion=2,
                correlationid="test",
            )
        )

    def test_takes_it_out_of_circulation(self) -> None:
        copy = a_copy()
        self.heard(copy.id)
        row = CopyRow.objects.get()
        assert (row.condition, row.condition_reason) == ("missing", "not found on the shelf")

    def test_of_a_copy_that_has_gone_meanwhile_is_no_fault(self) -> None:
        a_copy()
        self.heard(uuid4())
