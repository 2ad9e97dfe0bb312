from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError

from catalog.domain.book import DuplicateISBN
from catalog.services.commands.import_records import ImportRecords
from catalog.services.imports.chunks import import_chunks
from catalog.services.imports.job import ImportOvertaken
from catalog.services.imports.records import RejectedRecord, SourceRecord
from catalog.services.imports.report import ImportReport, Rejection
from tests.unit.catalog.test_import_records import Library, record

Faulty = Callable[[Callable[[ImportRecords], bool | Exception]], Library]


@pytest.fixture
def library_refusing(monkeypatch: pytest.MonkeyPatch) -> Faulty:
    """A library whose database refuses some transactions, as it does when somebody else is faster."""

    def make(refuses: Callable[[ImportRecords], bool | Exception]) -> Library:
        library = Library()

        def dispatch(command: ImportRecords) -> Any:
            fault = refuses(command)
            if fault:
                raise fault if isinstance(fault, Exception) else DuplicateISBN
            if not command.records:
                return ImportReport(rejected=command.rejected)
            imported = library.imports(*command.records, import_id=command.import_id)
            return ImportReport(rejected=command.rejected) + imported

        monkeypatch.setattr("catalog.services.imports.chunks.dispatch", dispatch)
        return library

    return make


def import_all(
    records: Iterable[SourceRecord | RejectedRecord], import_id: UUID | None = None
) -> ImportReport:
    chunks = import_chunks(records, import_id=import_id or uuid4(), claim=uuid4())
    return sum(chunks, ImportReport())


class TestImportingAFile:
    def test_is_done_in_transactions_of_a_hundred_records(self, library_refusing: Faulty) -> None:
        sizes: list[int] = []

        def note(command: ImportRecords) -> bool:
            sizes.append(len(command.records))
            return False

        library_refusing(note)
        report = import_all(record(number, source_id=str(number)) for number in range(1, 251))
        assert (report.created, sizes) == (250, [100, 100, 50])

    def test_reports_what_could_not_even_be_read(self, library_refusing: Faulty) -> None:
        library_refusing(lambda _: False)
        report = import_all([RejectedRecord(number=1, reason="It is damaged."), record(2)])
        assert report == ImportReport(
            created=1, copies=1, rejected=(Rejection(number=1, reason="It is damaged."),)
        )

    def test_of_nothing_does_nothing(self, library_refusing: Faulty) -> None:
        library_refusing(lambda _: True)
        assert import_all([]) == ImportReport()

    def test_tries_a_refused_hundred_one_by_one(self, library_refusing: Faulty) -> None:
        library = library_refusing(lambda command: len(command.records) > 1)
        report = import_all(record(number, title=f"Volume {number}") for number in range(1, 4))
        assert (report.created, len(library.books)) == (3, 3)

    def test_rejects_only_the_record_that_is_refused_by_itself(self, library_refusing: Faulty) -> None:
        library = library_refusing(lambda command: any(each.number == 2 for each in command.records))
        report = import_all(record(number, title=f"Volume {number}") for number in range(1, 4))
        assert library.titles == ["Volume 1", "Volume 3"]
        assert report.rejected == (Rejection(number=2, reason="Another book has this ISBN."),)

    def test_rejects_what_cannot_be_stored_without_saying_why(self, library_refusing: Faulty) -> None:
        library_refusing(
            lambda command: ValueError("secret") if any(it.number == 2 for it in command.records) else False
        )
        report = import_all(record(number, title=f"Volume {number}") for number in range(1, 4))
        assert (report.created, report.rejected) == (2, (Rejection(number=2, reason="It can't be stored."),))

    def test_hands_on_each_record_as_it_stands_in_the_file(self, library_refusing: Faulty) -> None:
        given: list[dict[int, bytes]] = []

        def note(command: ImportRecords) -> bool:
            given.append(dict(command.originals))
            return any(each.number == 2 for each in command.records)

        library_refusing(note)
        unreadable = RejectedRecord(number=3, reason="It is damaged.", original=b"three")
        import_all([record(1), record(2, original=b"two"), unreadable])
        assert given == [{2: b"two", 3: b"three"}, {}, {2: b"two"}, {2: b"two"}, {3: b"three"}]

    @pytest.mark.parametrize("fault", [OperationalError("away"), ImportOvertaken()])
    def test_is_left_off_where_it_is_nobodys_fault(self, library_refusing: Faulty, fault: Exception) -> None:
        library_refusing(lambda _: fault)
        with pytest.raises(type(fault)):
            import_all([record(1)])

    def test_tells_how_far_it_is_in_the_file(self, library_refusing: Faulty) -> None:
        through: list[int] = []

        def note(command: ImportRecords) -> bool:
            through.append(command.through)
            return False

        library_refusing(note)
        import_all([*(record(number) for number in range(1, 150)), RejectedRecord(number=150, reason="x")])
        assert through == [100, 150]
