"""Files sent to be imported: over the API, through the worker, and taken back."""

import csv
import gzip
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.models import BookRow, CopyRow, ImportedBookRow, ImportPartRow, ImportRow, SourceRecordRow
from catalog.services.imports.worker import ImportWorker
from catalog.tasks import import_files, prune_rejected_records
from outbox.models import OutboxMessage
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from tests.conftest import shared_data
from tests.factories import a_copy, a_loan
from tests.factories_catalog import marc

pytestmark = pytest.mark.django_db

CSV = b"title,author,isbn\nEmma,Austen,141439580\n,nobody,\nRomola,Eliot,1\n"


def send(client: APIClient, content: bytes, name: str = "books.csv", **fields: Any) -> Any:
    headers = fields.pop("headers", {})
    file = BytesIO(content)
    file.name = name
    return client.post("/api/v1/imports", {"file": file, **fields}, format="multipart", headers=headers)


def look(client: APIClient, id: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/imports/{id}")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def revert(client: APIClient, id: object) -> Any:
    return client.post(f"/api/v1/imports/{id}/revert")


def imported(client: APIClient, content: bytes, name: str = "books.csv") -> dict[str, Any]:
    sent = send(client, content, name)
    assert sent.status_code == 202
    import_files()
    return look(client, sent.json()["id"])


def codes(answer: Any) -> list[str]:
    return [error["code"] for error in answer.json()["errors"]]


def volumes(count: int) -> bytes:
    return marc(*({"id": str(number), "title": f"Volume {number}"} for number in range(count))).getvalue()


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


def rejected(client: APIClient, id: object) -> Any:
    return client.get(f"/api/v1/imports/{id}/rejected")


class TestRejectedRecords:
    def test_of_a_spreadsheet_are_mended_and_imported_again(self, cataloguer: APIClient) -> None:
        file = 'title;author\nEmma;Austen\n;=Brontë;more\n;"two\nlines"\n'.encode("cp1252")
        answer = rejected(cataloguer, imported(cataloguer, file)["id"])
        assert answer["Content-Type"] == "text/csv; charset=utf-8; header=present"
        assert answer["Content-Disposition"].endswith('.csv"')
        handed_back = answer.getvalue().decode()
        assert handed_back == '\ufefftitle;author\r\n;\'=Brontë;more\r\n;"two\nlines"\r\n'
        again = imported(cataloguer, handed_back.replace("\r\n;", "\r\nVillette;").encode())
        assert (again["created"], again["rejected_count"]) == (2, 0)
        assert ["=Brontë"] in BookRow.objects.values_list("authors", flat=True)

    @pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠", " =", "\u200b="])
    def test_of_a_spreadsheet_run_nothing_and_are_imported_as_they_were(
        self, cataloguer: APIClient, sign: str, separator: str
    ) -> None:
        row = ["", f"{sign}Brontë", f"{sign}1986"]
        file = separator.join(["title", "author", "publisher"]) + "\n" + separator.join(row) + "\n"
        handed_back = rejected(cataloguer, imported(cataloguer, file.encode())["id"]).getvalue().decode()
        read = csv.reader(StringIO(handed_back.removeprefix("\ufeff"), newline=""), delimiter=separator)
        assert list(read)[1] == ["", f"'{sign}Brontë", f"'{sign}1986"]
        mended = handed_back.replace(f"\r\n{separator}", f"\r\nVillette{separator}")
        assert imported(cataloguer, mended.encode())["created"] == 1
        direct = imported(cataloguer, file.replace(f"\n{separator}", f"\nShirley{separator}").encode())
        assert direct["created"] == 1
        villette, shirley = (BookRow.objects.get(title=title) for title in ("Villette", "Shirley"))
        assert (villette.authors, villette.publisher) == (shirley.authors, shirley.publisher)

    def test_that_are_handed_back_twice_are_guarded_once(self, cataloguer: APIClient) -> None:
        once = rejected(cataloguer, imported(cataloguer, b"title,author\n,=1\n")["id"]).getvalue()
        assert rejected(cataloguer, imported(cataloguer, once)["id"]).getvalue() == once

    def test_of_marc_21_are_handed_back_byte_for_byte(self, cataloguer: APIClient) -> None:
        good, bad = volumes(1), volumes(2)[len(volumes(1)) :].replace(b"2200", b"22f0")
        answer = rejected(cataloguer, imported(cataloguer, good + bad + volumes(3)[:-40], "books.mrc")["id"])
        assert answer["Content-Type"] == "application/marc"
        handed_back = answer.getvalue()
        assert handed_back == bad + volumes(3)[len(volumes(2)) : -40]
        again = imported(cataloguer, handed_back.replace(b"22f0", b"2200"), "books.mrc")
        assert (again["unchanged"], again["rejected_count"]) == (1, 1)

    def test_of_marcxml_are_a_document_again(self, cataloguer: APIClient) -> None:
        record = '<record><datafield tag="{}"><subfield code="a">{}</subfield></datafield></record>'
        file = f"<collection>{record.format(245, 'Emma')}{record.format(500, 'Übung')}</collection>"
        answer = rejected(cataloguer, imported(cataloguer, file.encode(), "books.xml")["id"])
        assert answer["Content-Type"] == "application/marcxml+xml"
        again = imported(cataloguer, answer.getvalue().replace(b'"500"', b'"245"'), "books.xml")
        assert (again["total"], again["created"]) == (1, 1)
        assert BookRow.objects.filter(title="Übung").exists()

    def test_are_read_some_at_a_time(self, cataloguer: APIClient) -> None:
        body = imported(cataloguer, b"title,n\n" + b"".join(b",%d\n" % number for number in range(120)))
        with CaptureQueriesContext(connection) as asked:
            lines = rejected(cataloguer, body["id"]).getvalue().decode().splitlines()
        assert lines[1:] == [f",{number}" for number in range(120)]
        read = [each["sql"] for each in asked if "catalog_rejectedrecordrow" in each["sql"]]
        assert len(read) == 4
        assert all("LIMIT 50" in each for each in read)

    @pytest.mark.parametrize("content", [CSV.replace(b"\n,nobody", b"\nx,nobody"), volumes(1)])
    def test_that_there_are_none_of_make_an_empty_file(self, cataloguer: APIClient, content: bytes) -> None:
        body = imported(cataloguer, content)
        assert rejected(cataloguer, body["id"]).getvalue() in {b"\xef\xbb\xbf", b""}

    def test_of_no_import_are_not_found(self, cataloguer: APIClient) -> None:
        answer = rejected(cataloguer, uuid4())
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


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


class TestRejectedRecordsOfLongAgo:
    def test_are_deleted_and_why_they_were_stays(self, cataloguer: APIClient) -> None:
        old, new = (imported(cataloguer, CSV, name) for name in ("old.csv", "new.csv"))
        long_ago = timezone.now() - timedelta(days=31)
        ImportRow.objects.filter(id=old["id"]).update(finished_at=long_ago)
        prune_rejected_records()
        assert rejected(cataloguer, old["id"]).getvalue() == b"\xef\xbb\xbf"
        assert b"nobody" in rejected(cataloguer, new["id"]).getvalue()
        assert look(cataloguer, old["id"])["rejected"] == old["rejected"]
