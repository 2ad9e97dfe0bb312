from collections.abc import Callable
from typing import Any

import pytest

from catalog.domain.book import DuplicateISBN
from catalog.services import importing
from catalog.services.answers import ImportReport, Rejection
from catalog.services.commands.import_records import ImportRecords
from catalog.services.importing import import_all
from catalog.services.records import RejectedRecord
from tests.unit.catalog.test_import_records import Library, record

Refusing = Callable[[Callable[[ImportRecords], bool]], Library]


@pytest.fixture
def library_refusing(monkeypatch: pytest.MonkeyPatch) -> Refusing:
    """A library whose database refuses some transactions, as it does when somebody else is faster."""

    def make(refuses: Callable[[ImportRecords], bool]) -> Library:
        library = Library()

        def dispatch(command: ImportRecords) -> Any:
            if refuses(command):
                raise DuplicateISBN
            return library.imports(*command.records, import_id=command.import_id)

        monkeypatch.setattr(importing, "dispatch", dispatch)
        return library

    return make


class TestImportingAFile:
    def test_is_done_in_transactions_of_a_hundred_records(self, library_refusing: Refusing) -> None:
        sizes: list[int] = []

        def note(command: ImportRecords) -> bool:
            sizes.append(len(command.records))
            return False

        library_refusing(note)
        report = import_all(record(number, source_id=str(number)) for number in range(1, 251))
        assert (report.created, sizes) == (250, [100, 100, 50])

    def test_reports_what_could_not_even_be_read(self, library_refusing: Refusing) -> None:
        library_refusing(lambda _: False)
        report = import_all([RejectedRecord(number=1, reason="It is damaged."), record(2)])
        assert report == ImportReport(
            created=1, copies=1, rejected=(Rejection(number=1, reason="It is damaged."),)
        )

    def test_of_nothing_does_nothing(self, library_refusing: Refusing) -> None:
        library_refusing(lambda _: True)
        assert import_all([]) == ImportReport()

    def test_tries_a_refused_hundred_one_by_one(self, library_refusing: Refusing) -> None:
        library = library_refusing(lambda command: len(command.records) > 1)
        report = import_all(record(number, title=f"Volume {number}") for number in range(1, 4))
        assert (report.created, len(library.books)) == (3, 3)

    def test_rejects_only_the_record_that_is_refused_by_itself(self, library_refusing: Refusing) -> None:
        library = library_refusing(lambda command: any(each.number == 2 for each in command.records))
        report = import_all(record(number, title=f"Volume {number}") for number in range(1, 4))
        assert library.titles == ["Volume 1", "Volume 3"]
        assert report.rejected == (Rejection(number=2, reason="Another Book has this ISBN."),)
