from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from catalog.domain.book import Book
from catalog.domain.import_states import FileFormat
from catalog.services.commands.add_book import AddBook, add_book
from catalog.services.commands.import_records import MOST_ORIGINALS, ImportRecords, import_records
from catalog.services.imports.job import Import
from catalog.services.imports.records import SourceRecord
from catalog.services.imports.report import ImportReport, Rejection
from tests.unit.catalog.fakes import FakeWork, FixedClock

X, Y, Z = "9780141439549", "9780743273565", "9780201616224"


def record(number: int = 1, **values: Any) -> SourceRecord:
    defaults: dict[str, Any] = {
        "source_id": None,
        "title": "Middlemarch",
        "authors": ("Eliot, George",),
        "isbns": (),
        "year": 1871,
        "language": "eng",
        "publisher": "Blackwood",
        "subjects": (),
    }
    return SourceRecord(number=number, **{**defaults, **values})


CLAIM, IMPORT = uuid4(), uuid4()


class Library:
    """A library into which files are imported, a chunk of some records a transaction."""

    def __init__(self) -> None:
        self.work = FakeWork()

    def imports(
        self, *records: SourceRecord, chunk: int = 100, import_id: UUID | None = None
    ) -> ImportReport:
        same_file = import_id or uuid4()
        if same_file not in self.work.imports.all:
            self.begins(same_file)
        report = ImportReport()
        for start in range(0, len(records), chunk):
            some = records[start : start + chunk]
            command = ImportRecords(import_id=same_file, claim=CLAIM, records=some, through=some[-1].number)
            report += import_records(command, self.work, clock=FixedClock())
            self.work.commit()
        return report

    def begins(self, import_id: UUID) -> Import:
        begun = Import(
            id=import_id,
            name="books.mrc",
            format=FileFormat.MARC21,
            encoding=None,
            size=1,
            total=None,
            in_database=True,
            created_at=FixedClock().now(),
        )
        begun.claim_for(CLAIM, at=FixedClock().now())
        self.work.imports.add(begun, b"")
        return begun

    def adds(self, **values: Any) -> None:
        add_book(
            AddBook(**{"title": "Middlemarch", "authors": ("Eliot, George",), **values}),
            self.work,
            clock=FixedClock(),
        )
        self.work.commit()

    @property
    def books(self) -> list[Book]:
        return list(self.work.books.all.values())

    @property
    def titles(self) -> list[str]:
        return sorted(book.description.title.text for book in self.books)


@pytest.fixture
def library() -> Library:
    return Library()


def counts(report: ImportReport) -> tuple[int, int, int]:
    return report.created, report.updated, report.unchanged


def numbered(*records: SourceRecord) -> list[SourceRecord]:
    numbers = count(1)
    return [
        SourceRecord(
            **{**{name: getattr(each, name) for name in SourceRecord.__slots__}, "number": next(numbers)}
        )
        for each in records
    ]


class TestANewRecord:
    def test_becomes_a_book_with_a_copy(self, library: Library) -> None:
        report = library.imports(record(isbns=(X, Y), subjects=("Marriage",)))
        assert report == ImportReport(created=1, copies=1)
        (book,) = library.books
        assert [isbn.digits for isbn in book.description.isbns] == [X, Y]
        assert book.description.subjects == ("Marriage",)
        (copy,) = library.work.copies.all.values()
        assert (copy.book_id, copy.item_type.slug, copy.branch) == (book.id, "book", "MAIN")

    def test_is_rejected_with_the_reason_if_it_can_be_no_book(self, library: Library) -> None:
        report = library.imports(record(1), record(2, title="\u200b"), record(3, title="Adam Bede"))
        assert counts(report) == (2, 0, 0)
        (rejection,) = report.rejected
        assert rejection.number == 2
        assert "title" in rejection.reason

    def test_is_kept_as_it_was_if_it_is_rejected(self, library: Library) -> None:
        good, bad = record(1, original=b"one"), record(2, title="\u200b", original=b"two")
        self.import_(library, good, bad, unreadable=3)
        assert library.work.imports.originals == {2: b"two", 3: b"three"}

    def test_is_kept_as_one_of_the_first_ten_thousand_rejected_alone(self, library: Library) -> None:
        library.begins(IMPORT).rejected = MOST_ORIGINALS - 1
        self.import_(library, record(2, title="\u200b", original=b"two"), unreadable=3)
        assert library.work.imports.originals == {3: b"three"}

    @staticmethod
    def import_(library: Library, *records: SourceRecord, unreadable: int) -> None:
        if IMPORT not in library.work.imports.all:
            library.begins(IMPORT)
        command = ImportRecords(
            import_id=IMPORT,
            claim=CLAIM,
            records=records,
            rejected=(Rejection(number=unreadable, reason="It is damaged."),),
            originals={unreadable: b"three", **{it.number: it.original for it in records}},
            through=unreadable,
        )
        import_records(command, library.work, clock=FixedClock())

    def test_keeps_the_first_of_too_many_subjects(self, library: Library) -> None:
        library.imports(record(subjects=tuple(f"Subject {n}" for n in range(150))))
        assert len(library.books[0].description.subjects) == 100


class TestTheSameFileAgain:
    @pytest.mark.parametrize("chunk", [1, 2, 100])
    @pytest.mark.parametrize(
        "records",
        [
            numbered(record(source_id="A", isbns=(X,)), record(source_id="B", title="Adam Bede")),
            numbered(record(), record(), record()),
            numbered(record(source_id="A"), record(source_id="A"), record(source_id="A", title="Adam Bede")),
            numbered(record(isbns=(X,)), record(isbns=(X,)), record(isbns=(X, Y), title="Middlemarch 2")),
            numbered(record(isbns=(X,)), record(isbns=(Y,)), record(isbns=(Y, X), title="Both")),
            numbered(record(source_id="A", isbns=(X,), year=1), record(source_id="A", isbns=(X,), year=2)),
            numbered(record(), record(source_id="A"), record(isbns=(X,)), record(source_id="A", isbns=(X,))),
        ],
    )
    def test_changes_nothing(self, library: Library, records: list[SourceRecord], chunk: int) -> None:
        first = library.imports(*records, chunk=chunk)
        before = [(book.id, book.version, book.description) for book in library.books]
        again = library.imports(*records, chunk=chunk)
        assert sum(counts(first)) == len(records)
        assert counts(again) == (0, 0, len(records))
        assert again.copies == 0
        assert [(book.id, book.version, book.description) for book in library.books] == before

    def test_does_not_undo_what_a_librarian_has_revised(self, library: Library) -> None:
        library.imports(record(source_id="A"))
        book = library.books[0]
        revised = book.description.overlaid_by(
            book.description.parse(title="Middlemarch, revised", authors=["x"])
        )
        book.revise(revised, at=FixedClock().now())
        assert counts(library.imports(record(source_id="A"))) == (0, 0, 1)
        assert library.titles == ["Middlemarch, revised"]

    def test_taken_up_after_a_crash_makes_no_book_twice(self, library: Library) -> None:
        records = numbered(*(record() for _ in range(5)))
        same = uuid4()
        library.imports(*records[:3], import_id=same)
        assert counts(library.imports(*records, import_id=same)) == (2, 0, 3)


class TestALaterFile:
    def test_updates_the_record_with_the_same_id(self, library: Library) -> None:
        library.imports(record(source_id="A", title="Midlemarch", subjects=("Marriage",)))
        report = library.imports(record(source_id="A", isbns=(X,), language="ger"))
        assert (counts(report), report.copies) == ((0, 1, 0), 0)
        (book,) = library.books
        assert (book.description.title.text, book.description.language) == ("Middlemarch", "ger")
        assert book.description.subjects == ("Marriage",)

    def test_finds_a_book_by_any_isbn(self, library: Library) -> None:
        library.imports(record(source_id="A", isbns=(X, Y)))
        report = library.imports(record(source_id="B", title="Middle March", isbns=(Z, Y)))
        assert counts(report) == (0, 1, 0)
        (book,) = library.books
        assert [isbn.digits for isbn in book.description.isbns] == [Z, Y, X]

    def test_prefers_the_records_id_to_its_isbn(self, library: Library) -> None:
        library.imports(
            *numbered(record(source_id="A", isbns=(X,)), record(source_id="B", title="Adam Bede"))
        )
        report = library.imports(record(source_id="B", title="Adam Bede!", isbns=(X,)))
        assert counts(report) == (0, 1, 0)
        assert library.titles == ["Adam Bede!", "Middlemarch"]
        owners = [book.description.title.text for book in library.books if book.description.isbns]
        assert owners == ["Middlemarch"]

    def test_finds_a_book_added_by_hand_by_what_it_says(self, library: Library) -> None:
        library.adds(year=1871, publisher="Blackwood")
        report = library.imports(record(source_id="A", title="MIDDLEMARCH /", isbns=(X,)))
        assert (counts(report), len(library.books)) == ((0, 1, 0), 1)

    @pytest.mark.parametrize(
        "other", [{"year": 1872}, {"publisher": None}, {"authors": ("Evans",)}, {"title": "M"}]
    )
    def test_holds_another_book_if_it_says_anything_else(
        self, library: Library, other: dict[str, Any]
    ) -> None:
        library.imports(record())
        assert counts(library.imports(record(**other))) == (1, 0, 0)

    def test_of_alike_records_finds_a_book_for_each(self, library: Library) -> None:
        library.imports(*numbered(record(source_id="A"), record(source_id="B")))
        report = library.imports(*numbered(*(record(source_id=each) for each in ("C", "D", "E"))), chunk=1)
        assert counts(report) == (1, 0, 2)


class TestTwoRecordsOfOneFile:
    @pytest.mark.parametrize("chunk", [1, 2])
    def test_merge_by_their_isbn(self, library: Library, chunk: int) -> None:
        records = numbered(record(isbns=(X,)), record(title="Middlemarch. 2", isbns=(Y, X)))
        report = library.imports(*records, chunk=chunk)
        assert (counts(report), report.copies) == ((1, 1, 0), 1)
        assert len(library.books) == 1

    @pytest.mark.parametrize("chunk", [1, 2])
    @pytest.mark.parametrize("source_id", [None, "A"])
    def test_merge_by_nothing_else(self, library: Library, chunk: int, source_id: str | None) -> None:
        alike = numbered(record(source_id=source_id), record(source_id=source_id))
        assert counts(library.imports(*alike, chunk=chunk)) == (2, 0, 0)
