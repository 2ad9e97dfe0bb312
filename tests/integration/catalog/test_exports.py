"""The catalogue handed out as MARC."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pymarc
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog.adapters.marc.languages import marc_language
from catalog.adapters.marc.reader import read_marc
from catalog.models import BookRow
from catalog.services.imports.records import SourceRecord
from tests.factories import a_book, a_copy, a_loan

pytestmark = pytest.mark.django_db


def export(client: APIClient, accept: str = "*/*", **query: str) -> Any:
    return client.get("/api/v1/exports/books", query, HTTP_ACCEPT=accept)


def records(content: bytes) -> list[SourceRecord]:
    return [record for record in read_marc(BytesIO(content)) if isinstance(record, SourceRecord)]


def titles(content: bytes) -> list[str]:
    return sorted(record.title for record in records(content))


@pytest.fixture
def shelf() -> None:
    book = a_book(
        title="L'Étranger & <autres>",
        authors=("Camus, Albert", "Smith, Anna"),
        isbn="9782070360024",
        year=1942,
        language="fr",
        publisher="Gallimard",
        subjects=("Absurde", "France -- History"),
    )
    a_copy(book=book.id, barcode="0042")
    a_book(title="Beowulf", authors=("[Unknown]",), year=None)
    a_book(title="東京物語", authors=("小津 安二郎",), year=-5)


@pytest.mark.usefixtures("shelf")
class TestAnExport:
    @pytest.mark.parametrize("format", ["marc21", "marcxml"])
    def test_says_all_that_the_books_say(self, cataloguer: APIClient, format: str) -> None:
        answer = export(cataloguer, format=format)
        assert answer.status_code == 200
        whole = answer.getvalue()
        camus = next(it for it in records(whole) if it.isbns)
        assert camus.title == "L'Étranger & <autres>"
        assert camus.authors == ("Camus, Albert", "Smith, Anna")
        assert (camus.isbns, camus.year, camus.language) == (("9782070360024",), 1942, "fr")
        assert (camus.publisher, camus.subjects) == ("Gallimard", ("Absurde", "France -- History"))
        assert titles(whole) == sorted(BookRow.objects.values_list("title", flat=True))

    def test_is_read_by_others(self, cataloguer: APIClient) -> None:
        found = list(pymarc.MARCReader(export(cataloguer, q="etranger").getvalue()))
        (record,) = found
        assert record is not None
        assert record["852"].get_subfields("p") == ["0042"]
        assert record["003"].data == "LIBRARY"
        assert len(record["008"].data) == 40
        assert record["008"].data[35:38] == "fre"
        xml = export(cataloguer, q="etranger", format="marcxml").getvalue()
        (same,) = pymarc.parse_xml_to_array(BytesIO(xml))  # type: ignore[no-untyped-call]  # pymarc's own
        assert same is not None
        assert same.title == record.title

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"q": "etrang"}, ["L'Étranger & <autres>"]),
            ({"q": "etrangre"}, ["L'Étranger & <autres>"]),
            ({"author": "camus"}, ["L'Étranger & <autres>"]),
            ({"language": "fr"}, ["L'Étranger & <autres>"]),
            ({"q": "camus", "language": "fr"}, ["L'Étranger & <autres>"]),
            ({"isbn": "2-07-036002-4"}, ["L'Étranger & <autres>"]),
            ({"available": "false"}, ["Beowulf", "東京物語"]),
            ({"available": "true"}, ["L'Étranger & <autres>"]),
            ({"q": "xyzzyplugh"}, []),
            ({"q": "!!"}, []),
        ],
    )
    def test_is_of_what_a_search_finds(
        self, cataloguer: APIClient, query: dict[str, str], found: list[str]
    ) -> None:
        assert titles(export(cataloguer, **query).getvalue()) == found

    @pytest.mark.parametrize(
        ("accept", "format", "media_type"),
        [
            ("*/*", None, "application/marc"),
            ("application/marc", None, "application/marc"),
            ("application/marcxml+xml", None, "application/marcxml+xml"),
            ("application/json", "marcxml", "application/marcxml+xml"),
            ("application/marcxml+xml", "marc21", "application/marc"),
        ],
    )
    def test_is_in_the_format_asked_for(
        self, cataloguer: APIClient, accept: str, format: str | None, media_type: str
    ) -> None:
        answer = export(cataloguer, accept, **({"format": format} if format else {}))
        assert answer["Content-Type"].startswith(media_type)
        assert "attachment" in answer["Content-Disposition"]

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ({"format": "pdf"}, "invalid_choice"),
            ({"isbn": "1"}, "invalid_isbn"),
            ({"language": "klingon"}, "invalid_language"),
            ({"colour": "red"}, "unknown_field"),
        ],
    )
    def test_is_refused_for_what_nobody_understands(
        self, cataloguer: APIClient, query: dict[str, str], code: str
    ) -> None:
        answer = export(cataloguer, **query)
        assert answer.status_code == 422
        assert [error["code"] for error in answer.json()["errors"]] == [code]

    def test_in_no_format_that_there_is_is_not_acceptable(self, cataloguer: APIClient) -> None:
        assert export(cataloguer, "application/pdf").status_code == 406

    def test_is_not_for_everybody(self, anybody: APIClient) -> None:
        assert export(anybody).status_code == 401


class TestALongExport:
    def test_is_read_bit_by_bit(self, cataloguer: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("catalog.services.queries.export_books._TOGETHER", 10)
        for number in range(25):
            a_book(title=f"Volume {number}")
        with CaptureQueriesContext(connection) as queries:
            answer = export(cataloguer, q="volume")
            assert answer.streaming
            pieces = iter(answer.streaming_content)
            next(pieces)
            asked = [query["sql"] for query in queries if query["sql"].endswith("LIMIT 10")]
            assert len(asked) == 1
            whole = b"".join(pieces)
        assert len(records(whole)) == 24

    def test_holds_no_record_that_is_too_long(self, cataloguer: APIClient) -> None:
        a_book(
            title="x" * 500,
            authors=tuple(f"{'é' * 290} {number}" for number in range(100)),
            subjects=tuple(f"{'東' * 290} {number}" for number in range(100)),
        )
        whole = export(cataloguer).getvalue()
        assert len(whole) <= 99_999
        (record,) = records(whole)
        assert len(record.authors) == 100
        assert len(records(export(cataloguer, format="marcxml").getvalue())[0].subjects) == 100

    def test_imported_again_makes_no_book_twice(self, cataloguer: APIClient, tmp_path: Path) -> None:
        a_book(title="Romola", isbn="9780140434705", year=1863, language="eng", publisher="Penguin")
        a_book(title="Emma", authors=("Austen, Jane",), year=1815, language="en-GB")
        for year in (-1750, -560, 0, 8, 180, 2150):
            a_book(title=f"Annals {year}", authors=("Anonymous",), year=year)
        file = tmp_path / "books.mrc"
        call_command("export_marc", str(file))
        call_command("import_marc", str(file))
        assert BookRow.objects.count() == 8
        assert set(BookRow.objects.values_list("version", flat=True)) == {1}


class TestExportMarc:
    def test_writes_what_a_search_finds(self, tmp_path: Path, capsysbinary: Any) -> None:
        a_copy(book=a_book(title="Romola free").id)
        a_loan(copy_barcode=a_copy(book=a_book(title="Romola lent").id).barcode)
        a_book(title="Emma")
        file = tmp_path / "books.xml"
        call_command("export_marc", str(file), "--format=marcxml", "--search=romola", "--available")
        assert titles(file.read_bytes()) == ["Romola free"]
        capsysbinary.readouterr()
        call_command("export_marc", "-", "--search", "romola")
        assert titles(capsysbinary.readouterr().out) == ["Romola free", "Romola lent"]

    def test_where_nothing_can_be_written_is_a_usage_error(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError) as refused:
            call_command("export_marc", str(tmp_path))
        assert refused.value.returncode == 2


@pytest.mark.parametrize(
    ("code", "marc"), [("de", "ger"), ("en-GB", "eng"), ("fre", "fre"), (None, "und"), ("xx", "und")]
)
def test_a_language_has_a_code_of_three_letters(code: str | None, marc: str) -> None:
    assert marc_language(code) == marc
