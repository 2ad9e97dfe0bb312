"""An import is reverted."""

from uuid import UUID

import pytest
from rest_framework.test import APIClient

from catalog.models import BookRow, CopyRow, ImportedBookRow, SourceRecordRow
from catalog.tasks import import_files
from outbox.models import OutboxMessage
from tests.factories import a_copy, a_loan
from tests.integration.catalog.imports import CSV, codes, imported, look, revert, send, volumes

pytestmark = pytest.mark.django_db


class TestReverting:
    def test_removes_what_it_made(self, cataloguer: APIClient) -> None:
        body = imported(cataloguer, CSV)
        answer = revert(cataloguer, body["id"])
        assert answer.status_code == 200
        assert (answer.json()["state"], answer.json()["removed"], answer.json()["kept"]) == (
            "reverted",
            2,
            [],
        )
        assert not BookRow.objects.exists()
        assert not CopyRow.objects.exists()
        assert not SourceRecordRow.objects.exists()
        removed = OutboxMessage.objects.filter(type="catalog.book_removed.v1").count()
        assert removed == OutboxMessage.objects.filter(type="catalog.copy_removed.v1").count() == 2

    def test_keeps_and_reports_what_has_loans_or_was_changed(self, cataloguer: APIClient) -> None:
        body = imported(cataloguer, volumes(4))
        lent, revised, copied, _ = BookRow.objects.order_by("sort_key")
        a_loan(copy_barcode=CopyRow.objects.get(book=lent).barcode)
        cataloguer.patch(f"/api/v1/books/{revised.id}", {"year": 1900}, format="json")
        a_copy(book=copied.id)
        kept = revert(cataloguer, body["id"]).json()["kept"]
        assert kept == [
            {"book": str(lent.id), "title": lent.title, "reason": "loans"},
            {"book": str(revised.id), "title": revised.title, "reason": "changed"},
            {"book": str(copied.id), "title": copied.title, "reason": "changed"},
        ]
        assert BookRow.objects.count() == 3

    def test_is_of_one_import_alone(self, cataloguer: APIClient) -> None:
        first = imported(cataloguer, CSV)
        second = imported(cataloguer, CSV + b"Emma again,Austen,\n")
        assert revert(cataloguer, second["id"]).json()["removed"] == 1
        assert BookRow.objects.count() == 2
        assert revert(cataloguer, first["id"]).json()["removed"] == 2

    def test_of_many_goes_on_in_the_background_and_again_changes_nothing(self, cataloguer: APIClient) -> None:
        body = imported(cataloguer, volumes(250))
        assert revert(cataloguer, body["id"]).json()["state"] == "reverting"
        assert revert(cataloguer, body["id"]).json()["state"] == "reverting"
        import_files()
        after = look(cataloguer, body["id"])
        assert (after["state"], after["removed"], BookRow.objects.count()) == ("reverted", 250, 0)
        assert revert(cataloguer, body["id"]).json()["removed"] == 250
        assert not ImportedBookRow.objects.exists()

    def test_lets_the_file_be_imported_anew(self, cataloguer: APIClient) -> None:
        revert(cataloguer, imported(cataloguer, CSV)["id"])
        assert imported(cataloguer, CSV)["created"] == 2

    def test_is_refused_while_it_waits(self, cataloguer: APIClient) -> None:
        answer = revert(cataloguer, send(cataloguer, CSV).json()["id"])
        assert (answer.status_code, codes(answer)) == (409, ["import_not_finished"])

    def test_is_for_cataloguers_alone(self, anybody: APIClient) -> None:
        assert revert(anybody, UUID(int=1)).status_code == 401
