import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from catalog.adapters.repositories.books import DjangoBooks
from catalog.adapters.repositories.copies import DjangoCopies
from catalog.domain.isbn import ISBN
from catalog.models import BookRow, BorrowingCountRow, CopyRow, IsbnRow
from catalog.services.queries.list_books import ListBooks
from lending.adapters.repositories.loans import DjangoLoans
from lending.models import LoanRow
from lending.services.commands.borrow_book import BorrowBook
from lending.services.commands.return_book import ReturnBook
from library_project.demo import seeding
from library_project.demo.patrons import PatronFactory
from library_project.demo.seeding import seed_volume
from library_project.demo.volume import Calendar, Volume
from library_project.invariants import all_invariants
from library_project.management.commands import seed_demo
from outbox.envelope import read_event
from outbox.models import InboxEntry, OutboxMessage
from outbox.subscriptions import subscriptions
from outbox.unit_of_work import DjangoRepository
from patrons.adapters.repositories.patrons import DjangoPatrons
from patrons.models import NoticeRow, PatronRow
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from shared_kernel.services.invariants import check_invariant
from shared_kernel.services.pagination import PageRequest
from shared_kernel.services.queries import ask
from tests.factories import a_book
from tests.factories_patrons import a_patron

BOOKS, PATRONS, LOANS = 500, 50, 800
REPOSITORIES: tuple[type[DjangoRepository[Any, Any]], ...] = (
    DjangoBooks,
    DjangoCopies,
    DjangoPatrons,
    DjangoLoans,
)


def seed(**counts: int) -> str:
    written = io.StringIO()
    call_command("seed_demo", **counts, stdout=written)
    return written.getvalue()


def select(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def found(q: str) -> set[UUID]:
    return {book.id for book in ask(ListBooks(q=q, page=PageRequest(size=1000))).results}


def assert_all_borrowings_are_counted() -> None:
    loans = LoanRow.objects.values_list("book_id", "borrowed_at")
    borrowed = Counter((book, at.astimezone(UTC).date().replace(day=1)) for book, at in loans)
    counted = BorrowingCountRow.objects.values_list("book_id", "month", "count")
    assert {(book, month): count for book, month, count in counted} == borrowed


def assert_each_change_has_one_published_event() -> None:
    versions = defaultdict(list)
    for aggregate, version in OutboxMessage.objects.values_list("aggregate_id", "aggregate_version"):
        versions[aggregate].append(version)
    stored = {
        key: version
        for each in REPOSITORIES
        for key, version in each.rows.objects.values_list("id", "version")
    }
    assert {key: sorted(found) for key, found in versions.items()} == {
        key: list(range(1, version + 1)) for key, version in stored.items()
    }
    assert not OutboxMessage.objects.filter(published_at__isnull=True).exists()


@pytest.fixture(scope="class")
def _filled_library(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        seed(books=BOOKS, patrons=PATRONS, loans=LOANS)
        yield
        transaction.set_rollback(True)


@pytest.mark.usefixtures("_filled_library")
class TestAFilledLibrary:
    def test_has_as_much_as_was_asked_for_and_two_copies_a_book(self) -> None:
        counts = [each.rows.objects.count() for each in REPOSITORIES]
        assert counts == [BOOKS, 2 * BOOKS, PATRONS, LOANS]
        assert BookRow.objects.filter(copies=None).count() == 0

    def test_has_three_percent_of_its_loans_open_and_some_of_these_overdue(self) -> None:
        still_out = LoanRow.objects.filter(state="open")
        overdue = still_out.filter(due_at__lt=timezone.now())
        assert still_out.count() == round(LOANS * 0.03)
        assert 0 < overdue.count() < still_out.count() / 2

    def test_spreads_its_loans_over_three_years_until_yesterday(self) -> None:
        months = set(select("SELECT DISTINCT month FROM catalog_borrowingcountrow"))
        borrowed = LoanRow.objects.order_by("borrowed_at").values_list("borrowed_at", flat=True)
        assert len(months) in {36, 37}
        assert timezone.now() - timedelta(days=3) < borrowed[LOANS - 1] < timezone.now()

    def test_has_rows_as_their_repositories_write_them(self) -> None:
        for repository in (each() for each in REPOSITORIES):
            for row in repository.rows.objects.all():
                columns = repository.columns(repository.rebuild(row))
                assert {name: getattr(row, name) for name in columns} == columns

    def test_has_one_published_event_for_each_change_of_each_aggregate(self) -> None:
        assert_each_change_has_one_published_event()

    def test_has_events_that_their_readers_can_read(self) -> None:
        for message in OutboxMessage.objects.all():
            event = read_event(message.payload)
            assert (event.id, event.type, event.subject, event.aggregateversion) == (
                *(message.event_id, message.type, message.aggregate_id),
                message.aggregate_version,
            )
            assert event.time <= message.recorded_at

    def test_has_a_receipt_of_each_event_from_each_who_listens_to_it(self) -> None:
        due = {
            (consumer, event)
            for consumer, types in subscriptions().items()
            for event in OutboxMessage.objects.filter(type__in=types).values_list("event_id", flat=True)
        }
        assert due
        assert due == set(InboxEntry.objects.values_list("consumer", "event_id"))

    def test_owes_nobody_a_letter(self) -> None:
        assert not NoticeRow.objects.exists()

    def test_counts_its_borrowings_by_month(self) -> None:
        assert_all_borrowings_are_counted()

    def test_lends_no_copy_twice_at_a_time(self) -> None:
        overlapping = select(
            "SELECT count(*) FROM (SELECT borrowed_at, lag(returned_at) OVER previous AS free_at,"
            " lag(id) OVER previous AS before FROM lending_loan"
            " WINDOW previous AS (PARTITION BY copy_id ORDER BY borrowed_at)) AS history"
            " WHERE before IS NOT NULL AND (free_at IS NULL OR free_at >= borrowed_at)"
        )
        assert overlapping == [(0,)]

    def test_keeps_each_patron_within_their_limit_at_any_time(self) -> None:
        at_once = select(
            "SELECT (SELECT count(*) FROM lending_loan AS other WHERE other.patron_id = loan.patron_id"
            " AND other.borrowed_at <= loan.borrowed_at"
            " AND (other.returned_at IS NULL OR other.returned_at > loan.borrowed_at)), terms"
            " FROM lending_loan AS loan"
        )
        limits = [
            (count, (json.loads(terms) if isinstance(terms, str) else terms)["max_loans"])
            for count, terms in at_once
        ]
        assert all(count <= limit for count, limit in limits)

    def test_blocks_nobody_by_what_is_overdue(self) -> None:
        overdue = Counter(
            LoanRow.objects.filter(state="open", due_at__lt=timezone.now()).values_list(
                "patron_id", flat=True
            )
        )
        assert max(overdue.values()) < 3

    def test_ended_each_closed_loan_in_time(self) -> None:
        assert select("SELECT count(*) FROM lending_loan WHERE returned_at > due_at") == [(0,)]

    def test_lends_only_what_is_there_to_whom_has_joined_and_is_not_suspended(self) -> None:
        began: dict[UUID, datetime] = {}
        suspended: dict[UUID, datetime] = {}
        for payload in OutboxMessage.objects.exclude(type__startswith="lending").values_list(
            "payload", flat=True
        ):
            event = read_event(payload)
            (suspended if event.type.startswith("patrons.patron_suspended") else began)[event.subject] = (
                event.time
            )
        for loan in LoanRow.objects.all():
            assert loan.patron_id
            assert max(began[it] for it in (loan.book_id, loan.copy_id, loan.patron_id)) < loan.borrowed_at
            assert loan.borrowed_at < suspended.get(loan.patron_id, timezone.now())

    def test_lets_a_few_books_be_popular(self) -> None:
        counts = sorted(Counter(LoanRow.objects.values_list("book_id", flat=True)).values(), reverse=True)
        assert sum(counts[: BOOKS // 10]) > LOANS / 4

    def test_gives_most_books_a_valid_isbn_of_their_own(self) -> None:
        isbns = list(IsbnRow.objects.values_list("isbn", flat=True))
        assert BOOKS * 0.8 < len(isbns) < BOOKS
        assert all(ISBN(isbn) for isbn in isbns)

    def test_finds_each_book_by_title_and_author(self) -> None:
        for book in BookRow.objects.all()[:100]:
            assert book.id in found(f"{book.title} {book.authors[0]}")

    def test_has_common_words_and_rare_ones(self) -> None:
        words = Counter(word for book in BookRow.objects.all() for word in set(book.search_text.split()))
        assert len(found("the")) > BOOKS / 5
        assert sum(count == 1 for count in words.values()) > BOOKS / 5

    def test_has_several_languages_years_and_categories(self) -> None:
        assert BookRow.objects.values("language").distinct().order_by().count() >= 5
        assert BookRow.objects.values("year").distinct().order_by().count() > 50
        assert PatronRow.objects.values("category").distinct().order_by().count() == 3

    def test_holds_every_invariant(self) -> None:
        assert [each for each in map(check_invariant, all_invariants()) if not each.holds] == []

    def test_leaves_one_audit_entry(self) -> None:
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.comment) == (
            "SeedDemo",
            f"{BOOKS} books, {2 * BOOKS} copies, {PATRONS} patrons, {LOANS} loans",
        )

    def test_goes_on_in_daily_life(self) -> None:
        with transaction.atomic():
            loan = LoanRow.objects.filter(state="open").first()
            assert loan is not None
            assert dispatch(ReturnBook(copy_barcode=loan.barcode)).loan
            fresh = a_patron()
            assert dispatch(BorrowBook(copy_barcode=loan.barcode, patron_card=fresh.card_number)).copy_barcode
            versions = OutboxMessage.objects.filter(aggregate_id=loan.id).values_list(
                "aggregate_version", flat=True
            )
            assert sorted(versions) == [1, 2]
            transaction.set_rollback(True)


@pytest.mark.django_db
class TestInterrupted:
    """Chunks are small here, so that there is something to interrupt."""

    VOLUME = Volume(books=BOOKS, patrons=PATRONS, loans=LOANS)
    NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)

    @pytest.fixture(autouse=True)
    def _small_chunks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(seeding, "_CHUNK", 100)

    @staticmethod
    def interrupt(what: str, after: int) -> Any:
        def progress(name: str, done: int, _total: int) -> None:
            if (name, done) == (what, after):
                raise KeyboardInterrupt

        return progress

    @pytest.mark.parametrize(("what", "after"), [("books", 200), ("patrons", 50), ("loans", 300)])
    def test_goes_on_where_it_was_when_it_is_called_again_on_another_day(self, what: str, after: int) -> None:
        with pytest.raises(KeyboardInterrupt):
            seed_volume(self.VOLUME, now=self.NOW, progress=self.interrupt(what, after))
        assert_each_change_has_one_published_event()
        assert_all_borrowings_are_counted()
        filled = seed_volume(self.VOLUME, now=self.NOW + timedelta(days=2), progress=lambda *_: None)
        assert astuple(filled) == (BOOKS, 2 * BOOKS, PATRONS, LOANS)
        assert LoanRow.objects.count() == LOANS
        assert_each_change_has_one_published_event()
        assert_all_borrowings_are_counted()
        last = LoanRow.objects.latest("borrowed_at").borrowed_at
        assert last.date() <= date(2026, 1, 14)

    def test_says_that_the_same_command_goes_on_and_exits_with_130(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(seed_demo, "progress_display", lambda: nullcontext(self.interrupt("books", 100)))
        with pytest.raises(SystemExit) as exit_:
            seed(books=BOOKS)
        assert exit_.value.code == 130
        assert "goes on from there" in capsys.readouterr().err
        assert BookRow.objects.count() == 100

    def test_is_refused_when_somebody_has_used_the_half_made_library(self) -> None:
        with pytest.raises(KeyboardInterrupt):
            seed_volume(self.VOLUME, now=self.NOW, progress=self.interrupt("books", BOOKS))
        membership = PatronFactory(volume=self.VOLUME, calendar=Calendar(today=self.NOW.date()))
        a_patron(email=membership.patron(7).email.text)
        with pytest.raises(CommandError, match=r"in_use: .*empty database"):
            seed(books=BOOKS, patrons=PATRONS, loans=LOANS)


@pytest.mark.django_db
class TestFilling:
    @pytest.mark.parametrize("options", [{"books": 10}, {}, {"if_empty": True}])
    def test_is_refused_in_production(self, settings: Any, options: dict[str, Any]) -> None:
        settings.PRODUCTION = True
        with pytest.raises(CommandError, match="not_in_production"):
            seed(**options)
        assert not BookRow.objects.exists()

    def test_is_refused_where_there_are_more_books_than_the_small_demo_has(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(seed_demo, "count_records", lambda _: 1)
        a_book()
        a_book()
        with pytest.raises(CommandError, match="not_empty"):
            seed(books=10)

    def test_is_refused_where_there_are_patrons_of_the_librarys_own(self) -> None:
        a_patron()
        with pytest.raises(CommandError, match="not_empty"):
            seed(books=10)

    def test_leaves_a_library_as_it_is_if_it_has_books_and_that_was_asked_for(self) -> None:
        a_book()
        call_command("seed_demo", books=10, if_empty=True)
        assert BookRow.objects.count() == 1

    def test_is_refused_with_more_loans_than_the_books_and_patrons_can_have_had(self) -> None:
        with pytest.raises(CommandError, match=r"too_many_loans: .* 200 loans") as refused:
            seed(books=10, patrons=10, loans=201)
        assert refused.value.returncode == 2

    @pytest.mark.parametrize("number", ["-1", "1e6", "10000001", "", "٣"])
    def test_is_refused_with_what_is_no_number_of_things(self, number: str) -> None:
        with pytest.raises(CommandError, match="is not a whole number"):
            call_command("seed_demo", f"--books={number}")

    def test_joins_the_small_demo(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(seed_demo, "LOGINS", tmp_path / "logins")
        seed()
        small = BookRow.objects.count(), LoanRow.objects.count()
        assert seed(books=20, patrons=5, loans=30) == "20 books, 40 copies, 5 patrons, 30 loans\n"
        assert (BookRow.objects.count(), LoanRow.objects.count()) == (small[0] + 20, small[1] + 30)

    def test_makes_books_alone_where_nothing_else_is_asked_for(self) -> None:
        assert seed(books=13) == "13 books, 26 copies, 0 patrons, 0 loans\n"
        assert (BookRow.objects.count(), CopyRow.objects.count()) == (13, 26)

    def test_makes_the_smallest_library_that_lends(self) -> None:
        assert seed(books=1, patrons=1, loans=1) == "1 books, 2 copies, 1 patrons, 1 loans\n"

    def test_changes_nothing_when_it_is_called_again(self) -> None:
        seed(books=30, patrons=5, loans=40)
        before = set(OutboxMessage.objects.values_list("id", flat=True))
        seed(books=30, patrons=5, loans=40)
        assert set(OutboxMessage.objects.values_list("id", flat=True)) == before
        assert_all_borrowings_are_counted()

    def test_answers_programs_in_json(self) -> None:
        written = io.StringIO()
        call_command("seed_demo", books=8, patrons=2, loans=0, as_json=True, stdout=written)
        assert json.loads(written.getvalue()) == {"books": 8, "copies": 16, "patrons": 2, "loans": 0}

    def test_tells_logs_how_far_it_has_come(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(seeding, "_CHUNK", 25)
        seed(books=100)
        assert capsys.readouterr().err.split("\n") == [
            *("books: 25 %", "books: 50 %", "books: 75 %", "books: 100 %"),
            "",
        ]
