import json
from datetime import UTC, datetime
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from catalog.models import BookRow, CopyRow, WordRow
from catalog.services.commands.count_borrowing import CountBorrowing
from catalog.services.commands.reindex_books import ReindexBooks
from catalog.services.queries.list_books import ListBooks
from catalog.services.search.indexing import reindex_rows
from outbox.models import OutboxMessage
from shared_kernel.services.commands import dispatch
from shared_kernel.services.pagination import PageRequest
from shared_kernel.services.queries import ask
from tests.conftest import shared_data
from tests.factories import a_book, a_copy, a_loan
from tests.factories_catalog import marc

pytestmark = pytest.mark.django_db


def run(*arguments: str | Path) -> str:
    out = StringIO()
    call_command(str(arguments[0]), *(str(each) for each in arguments[1:]), stdout=out, stderr=StringIO())
    return out.getvalue()


def refusal(*arguments: str | Path) -> CommandError:
    with pytest.raises(CommandError) as refused:
        run(*arguments)
    assert "\n" not in str(refused.value)
    return refused.value


class TestAddBook:
    def test_prints_the_id_of_a_book_with_one_copy(self) -> None:
        book = UUID(run("add_book", "Romola", "Eliot, George", "--isbn", "0-14-043470-4").strip())
        assert BookRow.objects.get(id=book).isbns == ["9780140434705"]
        assert CopyRow.objects.filter(book=book).count() == 1

    @pytest.mark.parametrize("copies", [0, 3])
    def test_adds_as_many_copies_as_wanted(self, copies: int) -> None:
        answer = json.loads(run("add_book", "Romola", "Eliot", "--copies", str(copies), "--json"))
        assert answer["availability"]["available"] == CopyRow.objects.count() == copies

    def test_says_in_one_line_why_not(self) -> None:
        refused = refusal("add_book", "\u200b", "\u200b", "--isbn", "1")
        assert refused.returncode == 1
        assert "invalid_title: " in str(refused)
        assert "invalid_authors: " in str(refused)
        assert "invalid_isbn: " in str(refused)

    @pytest.mark.parametrize("copies", ["-1", "x", "101", "1.5", "²"])
    def test_takes_a_sensible_number_of_copies(self, copies: str) -> None:
        assert "--copies" in str(refusal("add_book", "Romola", "Eliot", f"--copies={copies}"))


class TestListBooks:
    def test_shows_a_table_with_whole_ids(self) -> None:
        book = a_book(title="Romola")
        out = run("list_books")
        assert str(book.id) in out
        assert "Romola" in out

    def test_says_so_where_there_is_none(self) -> None:
        assert "No book was found." in run("list_books", "--search", "nothing")

    def test_answers_programs_with_all_books(self) -> None:
        for _ in range(105):
            a_book()
        assert len(json.loads(run("list_books", "--json"))) == 105

    def test_finds_and_filters(self) -> None:
        a_copy(book=a_book(title="Romola").id)
        a_loan(copy_barcode=a_copy(book=a_book(title="Romola, lent").id).barcode)
        found = json.loads(run("list_books", "--search", "romo", "--json"))
        free = json.loads(run("list_books", "--search", "romo", "--available", "--json"))
        assert [book["title"] for book in found] == ["Romola", "Romola, lent"]
        assert [book["title"] for book in free] == ["Romola"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "books.mrc"
    path.write_bytes(
        marc(
            {"id": "1", "title": "Romola", "isbns": ("9780140434705",)},
            {"id": "2", "title": "Adam Bede", "year": 1859},
        ).getvalue()
    )
    return path


class TestImportMarc:
    def imported(self, *arguments: str | Path) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(run("import_marc", *arguments, "--json"))
        return report

    def test_makes_books_with_a_copy_each(self, file: Path) -> None:
        report = self.imported(file)
        assert report == {"created": 2, "updated": 0, "unchanged": 0, "copies": 2, "rejected": []}
        assert sorted(BookRow.objects.values_list("title", flat=True)) == ["Adam Bede", "Romola"]
        assert CopyRow.objects.count() == 2
        assert OutboxMessage.objects.filter(type="catalog.book_added.v1").count() == 2

    def test_tells_people_in_a_sentence(self, file: Path) -> None:
        assert "created 2, updated 0, unchanged 0, copies 2, rejected 0" in run("import_marc", file)

    def test_of_the_same_file_again_changes_nothing(self, file: Path) -> None:
        self.imported(file)
        events = OutboxMessage.objects.count()
        report = self.imported(file)
        assert report == {"created": 0, "updated": 0, "unchanged": 2, "copies": 0, "rejected": []}
        assert OutboxMessage.objects.count() == events

    def test_of_a_corrected_file_updates_the_book(self, file: Path) -> None:
        self.imported(file)
        file.write_bytes(marc({"id": "2", "title": "Adam Bede", "year": 1860}).getvalue())
        report = self.imported(file)
        assert (report["updated"], report["copies"]) == (1, 0)
        assert BookRow.objects.get(title="Adam Bede").year == 1860
        revised = OutboxMessage.objects.get(type="catalog.book_revised.v1")
        assert json.loads(revised.payload)["data"]["changed"] == ["year"]

    def test_dry_changes_nothing_and_tells_what_it_would(self, file: Path) -> None:
        twin = {"title": "Romola again", "isbns": ("9780140434705",)}
        file.write_bytes(
            file.read_bytes() + marc(*({"title": f"Volume {n}"} for n in range(120)), twin).getvalue()
        )
        dry = self.imported(file, "--dry-run")
        assert not BookRow.objects.exists()
        assert (dry["created"], dry["updated"]) == (122, 1)
        assert self.imported(file) == dry

    def test_merges_an_isbn_also_over_a_hundred_records(self, file: Path) -> None:
        file.write_bytes(
            marc(
                {"title": "First", "isbns": ("9780140434705",)},
                *({"title": f"Volume {n}"} for n in range(150)),
                {"title": "Second", "isbns": ("9780140434705", "9780743273565")},
            ).getvalue()
        )
        assert (self.imported(file)["created"], self.imported(file)["unchanged"]) == (151, 152)
        assert BookRow.objects.get(title="Second").isbns == ["9780140434705", "9780743273565"]

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["nowhere.mrc"], "can't be read"),
            (["."], "can't be read"),
            ([__file__, "--encoding=klingon"], "encoding"),
        ],
    )
    def test_of_what_is_no_file_is_a_usage_error(self, arguments: list[str], words: str) -> None:
        refused = refusal("import_marc", *arguments)
        assert refused.returncode == 2
        assert words in str(refused)

    def test_reports_each_bad_record_and_imports_the_rest(self) -> None:
        report = self.imported(shared_data("pymarc_bad_records.mrc"))
        assert report["created"] == BookRow.objects.count() == 2
        assert [each["number"] for each in report["rejected"]] == sorted(
            {each["number"] for each in report["rejected"]}
        )
        assert all(each["reason"] for each in report["rejected"])

    @pytest.mark.parametrize(
        ("name", "records"),
        [
            ("pymarc_marc.dat", 20),
            ("pymarc_test.dat", 10),
            ("pymarc_one.dat", 1),
            ("pymarc_batch.xml", 2),
            ("pymarc_multi_isbn.dat", 1),
            ("pymarc_marc8.dat", 1),
            ("pymarc_diacritic.dat", 1),
            ("pymarc_utf8_with_leader_flag.dat", 1),
            ("traject_test_data.utf8.mrc", 30),
        ],
    )
    def test_of_a_real_file_twice_makes_its_books_once(self, name: str, records: int) -> None:
        first, again = self.imported(shared_data(name)), self.imported(shared_data(name))
        assert first["created"] + first["updated"] + first["unchanged"] == records
        assert first["created"] == first["copies"] == BookRow.objects.count() == CopyRow.objects.count()
        assert again == {"created": 0, "updated": 0, "unchanged": records, "copies": 0, "rejected": []}


class TestTheMigrationThatLearnsAllWords:
    def test_makes_books_findable_whose_words_were_not_known(self) -> None:
        a_book(title="The Covid19 handbook", authors=("Żółw, Anna",))
        before = set(WordRow.objects.values_list("word", "length", "reversed", "skeleton"))
        WordRow.objects.exclude(word="anna").delete()
        import_module("catalog.migrations.0007_search_at_any_size").learn(apps, None)
        assert set(WordRow.objects.values_list("word", "length", "reversed", "skeleton")) == before
        assert {"covid19", "handbook", "zolw", "anna"} <= {word for word, *_ in before}


class TestReindexSearch:
    def found(self, q: str) -> list[str]:
        page = ask(ListBooks(q=q, page=PageRequest()))
        return [page.corrected_to or "", *(book.title for book in page.results)]

    def test_makes_books_findable_that_were_not(self) -> None:
        for number in range(3):
            a_book(title=f"Middlemarch {number}", language="en")
        BookRow.objects.update(search_text="x", sort_key="", fingerprint="")
        WordRow.objects.all().delete()
        reindex_rows(list(BookRow.objects.values_list("id", flat=True)))
        assert self.found("middlemarch") == [""]
        assert "indexed 3 books" in run("reindex_search")
        assert self.found("middelmarch") == ["middlemarch", *(f"Middlemarch {n}" for n in range(3))]
        assert len(ask(ListBooks(q="middle", language="en", page=PageRequest())).results) == 3
        assert set(BookRow.objects.values_list("version", flat=True)) == {1}

    def test_keeps_books_findable_all_the_while(self) -> None:
        for number in range(3):
            a_book(title=f"Middlemarch {number}")
        last = dispatch(ReindexBooks(at_most=1))
        while last is not None:
            assert self.found("middlem") == ["", *(f"Middlemarch {n}" for n in range(3))]
            last = dispatch(ReindexBooks(after=last, at_most=1))

    def test_answers_programs(self) -> None:
        a_book(title="Romola")
        assert json.loads(run("reindex_search", "--json")) == {"books": 1}

    def test_reckons_popularity(self) -> None:
        book = a_book().id
        dispatch(CountBorrowing(book=book, month=datetime.now(UTC).date().replace(day=1)))
        run("reindex_search")
        assert BookRow.objects.get().popularity == 100
