"""Files taken in, imports gone on with and reverted."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from catalog.domain.copy import Condition
from catalog.domain.import_states import FileFormat, ImportState
from catalog.services.commands.accept_import import AcceptImport, BeginImport, accept_import, begin_import
from catalog.services.commands.claim_import import (
    ClaimedImport,
    ClaimImport,
    FinishImport,
    claim_import,
    finish_import,
)
from catalog.services.commands.revert_import import (
    ContinueRevert,
    RevertImport,
    continue_revert,
    revert_import,
)
from catalog.services.imports.details import ImportDetails
from catalog.services.imports.job import (
    LARGEST_FILE,
    FileTooLarge,
    Import,
    ImportNotFinished,
    ImportNotFound,
    ImportOvertaken,
    RecognisedFile,
)
from catalog.services.imports.records import Readable, Record
from tests.unit.catalog.fakes import NOW, FakeWork, FixedClock, OneBranch
from tests.unit.catalog.test_import_records import CLAIM, Library, record

CLOCK = FixedClock()


class Later:
    """Some time after now."""

    def __init__(self, delay: timedelta) -> None:
        self._delay = delay

    def now(self) -> datetime:
        return NOW + self._delay


class AnyFile:
    """Takes everything for a spreadsheet of two rows."""

    def recognise(self, content: bytes, *, name: str, encoding: str | None) -> RecognisedFile:
        return RecognisedFile(format=FileFormat.CSV, total=2)

    def read(self, stream: Readable, *, format: FileFormat, encoding: str | None) -> Iterator[Record]:
        return iter([record(1), record(2)])


def accept(work: FakeWork, name: str = "books.csv", content: bytes = b"title\nx\ny\n") -> ImportDetails:
    return accept_import(AcceptImport(name=name, content=content), work, clock=CLOCK, files=AnyFile())


def claim(work: FakeWork, by: UUID = CLAIM, after: timedelta = timedelta()) -> ClaimedImport | None:
    return claim_import(ClaimImport(claim=by), work, clock=Later(after))


class TestTakingAFileIn:
    def test_queues_it(self) -> None:
        work = FakeWork()
        view = accept(work)
        assert (view.state, view.file, view.format, view.total, view.size) == (
            *("queued", "books.csv", "csv"),
            *(2, 10),
        )
        assert work.imports.contents[view.id] == b"title\nx\ny\n"

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("C:\\Users\\me\\books.csv", "books.csv"),
            ("../../etc/passwd", "passwd"),
            ("a\x00b\n.csv", "ab.csv"),
            ("", "file"),
            ("x" * 900, "x" * 200),
        ],
    )
    def test_shows_its_name_as_far_as_it_can_be_shown(self, name: str, shown: str) -> None:
        assert accept(FakeWork(), name).file == shown

    def test_refuses_one_that_is_too_large(self) -> None:
        work = FakeWork()
        with pytest.raises(FileTooLarge):
            accept(work, content=bytes(LARGEST_FILE + 1))
        assert not work.imports.all


class TestGoingOnWithImports:
    def test_takes_on_the_oldest_that_waits(self) -> None:
        work = FakeWork()
        first, _ = accept(work), accept(work)
        claimed = claim(work)
        assert claimed is not None
        assert (claimed.id, claimed.handled, claimed.reverting) == (first.id, 0, False)
        assert work.imports.get(first.id).state is ImportState.RUNNING

    def test_is_done_by_one_worker_until_it_is_not_heard_of_any_more(self) -> None:
        work, other = FakeWork(), uuid4()
        accept(work)
        assert claim(work) is not None
        assert claim(work) is not None  # the same worker, at its next tick
        assert claim(work, by=other, after=timedelta(seconds=19)) is None
        assert claim(work, by=other, after=timedelta(seconds=41)) is not None
        with pytest.raises(ImportOvertaken):
            finish_import(
                FinishImport(import_id=next(iter(work.imports.all)), claim=CLAIM), work, clock=CLOCK
            )

    def test_ends_it_and_forgets_the_file(self) -> None:
        work = FakeWork()
        view = accept(work)
        claim(work)
        finish_import(FinishImport(import_id=view.id, claim=CLAIM), work, clock=CLOCK)
        ended = work.imports.get(view.id)
        assert (ended.state, ended.finished_at, ended.claim) == (ImportState.DONE, NOW, None)
        assert not work.imports.contents
        assert claim(work) is None

    def test_fails_with_a_reason(self) -> None:
        work = FakeWork()
        view = accept(work)
        claim(work)
        command = FinishImport(import_id=view.id, claim=CLAIM, failure="It ends too early.")
        finish_import(command, work, clock=CLOCK)
        ended = work.imports.get(view.id)
        assert (ended.state, ended.failure) == (ImportState.FAILED, "It ends too early.")

    def test_gives_up_what_only_a_process_that_is_gone_could_read(self) -> None:
        work = FakeWork()
        begin = BeginImport(
            name="/tmp/x.mrc", size=1, total=None, format="marc21", encoding=None, claim=uuid4()
        )
        begun = begin_import(begin, work, clock=CLOCK)
        assert work.imports.get(begun).state is ImportState.RUNNING
        assert claim(work, after=timedelta(seconds=10)) is None
        assert claim(work, after=timedelta(minutes=1)) is None
        ended = work.imports.get(begun)
        assert ended.state is ImportState.FAILED
        assert "again" in ended.failure


class TestReverting:
    @pytest.fixture
    def library(self) -> Library:
        return Library()

    def imported(self, library: Library, count: int) -> Import:
        import_id = uuid4()
        library.imports(
            *(record(number, title=f"Volume {number}") for number in range(1, count + 1)), import_id=import_id
        )
        ended = library.work.imports.get(import_id)
        ended.finish(at=NOW)
        return ended

    def revert(self, library: Library, ended: Import, circulation: OneBranch | None = None) -> ImportDetails:
        command = RevertImport(import_id=ended.id)
        return revert_import(command, library.work, clock=CLOCK, circulation=circulation or OneBranch())

    def test_removes_what_was_made(self, library: Library) -> None:
        ended = self.imported(library, 3)
        view = self.revert(library, ended)
        assert (view.state, view.removed, view.kept_count) == ("reverted", 3, 0)
        assert not library.books
        assert not library.work.copies.all

    def test_again_changes_nothing(self, library: Library) -> None:
        ended = self.imported(library, 1)
        self.revert(library, ended)
        assert self.revert(library, ended).removed == 1

    def test_keeps_what_was_used_or_changed_since(self, library: Library) -> None:
        ended = self.imported(library, 5)
        lent, revised, damaged, *_ = library.books
        revised.revise(lent.description, at=NOW)
        copy = library.work.copies.of_book(damaged.id)[0]
        copy.change_condition(Condition.DAMAGED, reason="wet", at=NOW)
        view = self.revert(library, ended, OneBranch(ties={lent.id: "loans"}))
        assert (view.state, view.removed, view.kept_count) == ("reverted", 2, 3)
        assert library.work.imports.kept == {
            lent.id: "loans",
            revised.id: "changed",
            damaged.id: "changed",
        }
        assert {book.id for book in library.books} == {lent.id, revised.id, damaged.id}

    def test_removes_what_the_same_file_has_changed_again(self, library: Library) -> None:
        import_id = uuid4()
        records = [record(1, isbns=("9780141439549",)), record(2, isbns=("9780141439549",), title="Again")]
        library.imports(*records, import_id=import_id, chunk=1)
        ended = library.work.imports.get(import_id)
        ended.finish(at=NOW)
        assert self.revert(library, ended).removed == 1

    def test_does_a_hundred_at_once_and_leaves_the_rest_to_a_worker(self, library: Library) -> None:
        ended = self.imported(library, 130)
        assert self.revert(library, ended).state == "reverting"
        assert len(library.books) == 30
        claimed = claim(library.work)
        assert claimed is not None
        assert claimed.reverting
        command = ContinueRevert(import_id=ended.id, claim=CLAIM)
        assert not continue_revert(command, library.work, clock=CLOCK, circulation=OneBranch())
        assert ended.state is ImportState.REVERTED
        assert ended.removed == 130

    def test_passes_over_what_is_gone_already(self, library: Library) -> None:
        ended = self.imported(library, 2)
        gone = library.books[0]
        library.work.books.remove(gone)
        assert self.revert(library, ended).state == "reverted"

    def test_is_refused_while_it_goes_on(self, library: Library) -> None:
        begun = library.begins(uuid4())
        with pytest.raises(ImportNotFinished):
            self.revert(library, begun)

    def test_of_none_that_is_there_is_refused(self, library: Library) -> None:
        with pytest.raises(ImportNotFound):
            revert_import(RevertImport(import_id=uuid4()), library.work, clock=CLOCK, circulation=OneBranch())
