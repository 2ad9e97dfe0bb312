"""Rejected records of an import: listed, downloaded, imported again, deleted."""

import csv
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.models import BookRow, ImportRow
from catalog.tasks import prune_rejected_records
from tests.integration.catalog.imports import CSV, imported, look, rejected, volumes

pytestmark = pytest.mark.django_db


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


class TestRejectedRecordsOfLongAgo:
    def test_are_deleted_and_why_they_were_stays(self, cataloguer: APIClient) -> None:
        old, new = (imported(cataloguer, CSV, name) for name in ("old.csv", "new.csv"))
        long_ago = timezone.now() - timedelta(days=31)
        ImportRow.objects.filter(id=old["id"]).update(finished_at=long_ago)
        prune_rejected_records()
        assert rejected(cataloguer, old["id"]).getvalue() == b"\xef\xbb\xbf"
        assert b"nobody" in rejected(cataloguer, new["id"]).getvalue()
        assert look(cataloguer, old["id"])["rejected"] == old["rejected"]
