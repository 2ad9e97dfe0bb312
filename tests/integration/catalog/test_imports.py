"""Files sent to be imported: over the API and through the worker."""

import gzip
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from rest_framework.test import APIClient

from catalog.models import BookRow, CopyRow, ImportPartRow, ImportRow
from catalog.services.imports.worker import ImportWorker
from catalog.tasks import import_files
from outbox.models import OutboxMessage
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from tests.conftest import shared_data
from tests.factories_catalog import marc
from tests.integration.catalog.imports import CSV, codes, imported, look, revert, send, volumes

pytestmark = pytest.mark.django_db


class TestSendingAFile:
    def test_is_answered_before_anything_is_imported(self, cataloguer: APIClient) -> None:
        answer = send(cataloguer, CSV)
        assert answer.status_code == 202
        body = answer.json()
        assert (body["state"], body["file"], body["format"], body["size"]) == (
            *("queued", "books.csv", "csv"),
            len(CSV),
        )
        assert (body["handled"], body["total"], body["rejected"]) == (0, 3, [])
        assert not BookRow.objects.exists()
        assert AuditEntry.objects.get(action="AcceptImport").subjects == {"import": body["id"]}

    def test_imports_it_with_the_next_tick(self, cataloguer: APIClient) -> None:
        body = imported(cataloguer, CSV)
        assert body["state"] == "done"
        assert (body["created"], body["copies"], body["rejected_count"]) == (2, 2, 1)
        assert (body["handled"], body["total"]) == (3, 3)
        assert body["rejected"] == [{"number": 2, "reason": "The row has no title."}]
        assert [remark["number"] for remark in body["remarks"]] == [3]
        assert body["finished_at"] is not None
        assert BookRow.objects.get(title="Emma").isbns == ["9780141439587"]
        assert OutboxMessage.objects.count() == 4
        assert not ImportPartRow.objects.exists()

    def test_again_changes_nothing(self, cataloguer: APIClient) -> None:
        imported(cataloguer, CSV)
        again = imported(cataloguer, CSV)
        assert (again["created"], again["unchanged"], BookRow.objects.count()) == (0, 2, 2)

    @pytest.mark.parametrize(
        ("name", "format", "records"),
        [
            ("pymarc_test.dat", "marc21", 10),
            ("pymarc_batch.xml", "marcxml", 2),
            ("traject_test_data.utf8.mrc", "marc21", 30),
        ],
    )
    def test_knows_marc_when_it_sees_it(
        self, cataloguer: APIClient, name: str, format: str, records: int
    ) -> None:
        body = imported(cataloguer, shared_data(name).read_bytes(), "upload")
        assert (body["state"], body["format"], body["total"]) == ("done", format, records)
        assert body["created"] == BookRow.objects.count() == records

    def test_heeds_the_encoding_that_is_said(self, cataloguer: APIClient) -> None:
        sent = send(cataloguer, "title\nВойна\n".encode("cp1251"), encoding="cp1251").json()
        import_files()
        assert look(cataloguer, sent["id"])["encoding"] == "cp1251"
        assert BookRow.objects.get().title == "Война"

    @pytest.mark.parametrize(
        "content",
        [b"\x89PNG\r\n\x1a\n", b'{"title": "x"}', b"", b"\n\n", b"a,b\n1,2\n", b"\x00" * 100, b"title\n"],
    )
    def test_that_holds_no_records_is_refused(self, cataloguer: APIClient, content: bytes) -> None:
        answer = send(cataloguer, content)
        assert (answer.status_code, codes(answer)) == (422, ["file_unreadable"])
        assert not ImportRow.objects.exists()

    @pytest.mark.parametrize(
        ("content", "name", "advice"),
        [
            (b"PK\x03\x04" + b"\x1d" * 100, "books.xlsx", "save it as CSV"),
            (gzip.compress(b"title\nEmma\n", mtime=0), "books.mrc.gz", "unpack it"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "books.xls", "save it as CSV"),
            (b"%PDF-1.4\n1 0 obj\n", "books.pdf", "PDF"),
            (b"nothing of the kind", "books.mrc", "no MARC 21 record"),
            (bytes(range(256)) * 9, "books.iso", "no MARC 21 record"),
            (b"<!doctype html><html><body>title</body></html>", "books.xml", "no MARC record"),
            (b"<mods><titleInfo><title>x</title></titleInfo></mods>", "mods.xml", "no MARC record"),
        ],
    )
    def test_of_another_kind_is_refused_with_advice(
        self, cataloguer: APIClient, content: bytes, name: str, advice: str
    ) -> None:
        answer = send(cataloguer, content, name)
        assert (answer.status_code, codes(answer)) == (422, ["file_unreadable"])
        assert advice in answer.json()["detail"]
        assert not ImportRow.objects.exists()

    def test_that_excel_saved_as_unicode_text_is_understood(self, cataloguer: APIClient) -> None:
        body = imported(cataloguer, "Title\tAuthor\nÉtudes\tChopin\n".encode("utf-16"), "books.txt")
        assert (body["format"], body["total"], body["created"]) == ("csv", 1, 1)
        assert BookRow.objects.get().title == "Études"

    def test_that_is_broken_is_imported_as_far_as_it_goes(self, cataloguer: APIClient) -> None:
        bad = imported(cataloguer, shared_data("pymarc_bad_records.mrc").read_bytes())
        assert (bad["state"], bad["created"], bad["rejected_count"]) == ("done", 2, 6)
        cut = imported(cataloguer, volumes(3)[:-40], "cut.mrc")
        assert (cut["created"], cut["rejected"][0]["number"]) == (2, 3)
        evil = b'<!DOCTYPE x [<!ENTITY a "b">]><collection><record/></collection>'
        assert "DOCTYPE" in imported(cataloguer, evil)["rejected"][0]["reason"]

    @pytest.mark.parametrize(
        ("fields", "code"),
        [({"encoding": "klingon"}, "unknown_encoding"), ({"colour": "x"}, "unknown_field")],
    )
    def test_is_refused_for_what_nobody_understands(
        self, cataloguer: APIClient, fields: dict[str, str], code: str
    ) -> None:
        answer = send(cataloguer, CSV, **fields)
        assert (answer.status_code, codes(answer)) == (422, [code])

    def test_without_a_file_is_refused(self, cataloguer: APIClient) -> None:
        answer = cataloguer.post("/api/v1/imports", {}, format="multipart")
        assert (answer.status_code, codes(answer)) == (422, ["required"])
        text = cataloguer.post("/api/v1/imports", {"file": "title\nx"}, format="multipart")
        assert (text.status_code, codes(text)) == (422, ["invalid"])
        assert cataloguer.post("/api/v1/imports", {"file": "x"}, format="json").status_code == 415

    def test_that_is_too_large_is_refused_unread(
        self, cataloguer: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("catalog.services.commands.accept_import.LARGEST_FILE", 10)
        answer = send(cataloguer, CSV)
        assert (answer.status_code, codes(answer)) == (413, ["file_too_large"])
        announced = cataloguer.post(
            "/api/v1/imports", b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH="99999999"
        )
        assert (announced.status_code, codes(announced)) == (413, ["file_too_large"])

    def test_with_the_same_key_takes_it_in_once(self, cataloguer: APIClient) -> None:
        answers = [send(cataloguer, CSV, headers={"Idempotency-Key": "import-0001"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [202, 202]
        assert answers[0].json() == answers[1].json()
        other = send(cataloguer, CSV + b"x\n", headers={"Idempotency-Key": "import-0001"})
        assert codes(other) == ["idempotency_key_reused"]
        assert ImportRow.objects.count() == 1

    def test_is_for_cataloguers_alone(self, anybody: APIClient) -> None:
        assert send(anybody, CSV).status_code == 401
        assert anybody.get("/api/v1/imports").status_code == 401
        assert anybody.get(f"/api/v1/imports/{uuid4()}").status_code == 401


class TestFurtherISBNs:
    """A record may have several: the first is the Book's own, the others only find it."""

    OWN, FURTHER = "9780140434705", "9780743273565"

    @pytest.fixture
    def book(self, cataloguer: APIClient) -> str:
        record = {"id": "1", "title": "Romola", "isbns": (self.OWN, self.FURTHER)}
        imported(cataloguer, marc(record).getvalue(), "romola.mrc")
        return str(BookRow.objects.get().id)

    @pytest.mark.parametrize(
        "asked", [{"isbn": "0-7432-7356-7"}, {"q": "9780743273565"}, {"q": "0743273567"}]
    )
    def test_find_the_book(self, cataloguer: APIClient, book: str, asked: dict[str, str]) -> None:
        [found] = cataloguer.get("/api/v1/books", asked).json()["results"]
        assert (found["id"], found["isbn"]) == (book, self.OWN)

    def test_are_no_other_books(self, cataloguer: APIClient, book: str) -> None:
        other = {"title": "Gatsby", "authors": ["Fitzgerald"], "isbn": self.FURTHER}
        answer = cataloguer.post("/api/v1/books", other, format="json")
        assert (answer.status_code, codes(answer)) == (409, ["duplicate_isbn"])

    def test_stay_when_its_own_is_revised_and_go_with_the_book(
        self, cataloguer: APIClient, book: str
    ) -> None:
        cataloguer.patch(f"/api/v1/books/{book}", {"isbn": "9780141439587"}, format="json")
        [found] = cataloguer.get("/api/v1/books", {"isbn": self.FURTHER}).json()["results"]
        assert found["isbn"] == "9780141439587"
        copy = CopyRow.objects.get()
        copy.delete()
        assert cataloguer.delete(f"/api/v1/books/{book}").status_code == 204
        assert cataloguer.get("/api/v1/books", {"isbn": self.FURTHER}).json()["results"] == []


class TestTheListOfImports:
    def test_has_the_latest_first_in_pages(self, cataloguer: APIClient) -> None:
        sent = [send(cataloguer, CSV, f"{number}.csv").json()["id"] for number in range(3)]
        first = cataloguer.get("/api/v1/imports", {"page_size": 2}).json()
        second = cataloguer.get(first["next"]).json()
        assert [each["id"] for each in first["results"] + second["results"]] == sent[::-1]
        assert "rejected" not in first["results"][0]

    def test_of_none_that_is_there_is_not_found(self, cataloguer: APIClient) -> None:
        assert cataloguer.get(f"/api/v1/imports/{uuid4()}").status_code == 404
        assert revert(cataloguer, uuid4()).status_code == 404


class TestAWorker:
    """A tick has a few seconds; the next one goes on, in this process or in another."""

    def test_goes_on_where_it_was(self, cataloguer: APIClient) -> None:
        sent = send(cataloguer, volumes(450)).json()["id"]
        worker, states = ImportWorker(), []
        for _ in range(10):
            worker.work(seconds=1e-9)
            body = look(cataloguer, sent)
            states.append((body["handled"], body["state"]))
            if body["state"] == "done":
                break
        assert [state for _, state in states[:-1]] == ["running"] * (len(states) - 1)
        assert states[-1] == (450, "done")
        assert len(states) > 3
        assert BookRow.objects.count() == 450

    def test_that_dies_is_followed_by_another(
        self, cataloguer: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent = send(cataloguer, volumes(250)).json()["id"]
        ImportWorker().work(seconds=1e-9)
        assert look(cataloguer, sent)["handled"] == 100
        ImportWorker().work(seconds=5)
        assert look(cataloguer, sent)["handled"] == 100
        ImportRow.objects.update(claimed_until=ImportRow.objects.get().created_at)
        ImportWorker().work(seconds=5)
        body = look(cataloguer, sent)
        assert (body["state"], body["created"], BookRow.objects.count()) == ("done", 250, 250)

    def test_loses_nothing_when_the_database_is_away(
        self, cataloguer: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent = send(cataloguer, volumes(250)).json()["id"]
        worker, calls = ImportWorker(), list[Any]()

        def flaky(command: Any) -> Any:
            calls.append(command)
            if len(calls) == 2:
                raise OperationalError("away")
            return dispatch(command)

        monkeypatch.setattr("catalog.services.imports.chunks.dispatch", flaky)
        with pytest.raises(OperationalError):
            worker.work(seconds=5)
        worker.work(seconds=5)
        assert look(cataloguer, sent)["created"] == BookRow.objects.count() == 250

    def test_that_was_overtaken_stops(self, cataloguer: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
        sent = send(cataloguer, volumes(250)).json()["id"]

        def overtaken(command: Any) -> Any:
            answer: Any = dispatch(command)
            ImportRow.objects.update(claim=uuid4())
            return answer

        monkeypatch.setattr("catalog.services.imports.worker.dispatch", overtaken)
        ImportWorker().work(seconds=0.2)
        assert look(cataloguer, sent)["handled"] == 0

    def test_fails_what_turns_out_to_be_unreadable(self, cataloguer: APIClient) -> None:
        sent = send(cataloguer, b"title\nEmma\n").json()["id"]
        ImportPartRow.objects.update(content=b"nothing\nEmma\n")
        import_files()
        body = look(cataloguer, sent)
        assert (body["state"], "title" in body["failure"]) == ("failed", True)

    def test_reads_a_file_of_many_parts(self, cataloguer: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("catalog.adapters.repositories.imports._PART", 100)
        assert imported(cataloguer, volumes(20))["created"] == 20
