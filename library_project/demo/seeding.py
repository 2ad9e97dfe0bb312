"""Fills a library with a large demo. The only bulk writes that bypass the bus.

Three million commands would take hours. The data is generated so that it keeps every rule; it is for speed
tests and for looking around, never for production. It leaves what commands would leave: aggregates come from
the domain's factories and are stored by the repositories' mapping; each event is in the outbox as published,
with versions from 1 without gaps, and in the inbox of each subscriber; books are indexed and borrowings are
counted. Two things are missing on purpose: there are no letters, and one audit entry covers all.
docs/adr/0016-bulk-demo-data-bypasses-the-bus.md has the reasons.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from catalog.adapters.repositories.books import DjangoBooks
from catalog.adapters.repositories.copies import DjangoCopies
from catalog.domain.book import Book
from catalog.models import BookRow, BorrowingCountRow, IsbnRow
from catalog.services.search import indexing
from lending.adapters.repositories.loans import DjangoLoans
from lending.domain.loan import Loan
from lending.models import LoanRow
from library_project.demo.books import BookFactory
from library_project.demo.bulk_insert import BulkInsert
from library_project.demo.loan_simulation import LoanSimulation
from library_project.demo.loans import LoanFactory
from library_project.demo.patrons import PatronFactory
from library_project.demo.volume import Calendar, Kind, Volume
from patrons.adapters.repositories.patrons import DjangoPatrons
from patrons.models import PatronRow
from shared_kernel.models import AuditEntry
from shared_kernel.services.request_context import current_context

#: Told what is being made, how many there are, and how many there will be.
Progress = Callable[[str, int, int], None]
_CHUNK: Final = 1000
#: So much memory (KiB) keeps the inner pages of SQLite's indexes at hand: the ids come in no order.
_SQLITE_CACHE = 128 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedResult:
    """What there is of the large demo now. Fewer loans than wanted: there was nobody to lend more to."""

    books: int
    copies: int
    patrons: int
    loans: int


def started_at(volume: Volume) -> datetime | None:
    """When the first book of this very volume came, where an earlier run has begun to make it."""
    if not volume.books:
        return None
    first = BookRow.objects.filter(id=volume.id_of("books", 0)).values_list("added_at", flat=True)
    return first.first()


def seed_volume(volume: Volume, *, now: datetime, progress: Progress) -> SeedResult:
    """Make all of the volume that isn't there yet, a transaction for each thousand.

    Interrupted, it goes on where it was when called again with the same volume, on whatever day.
    """
    started = started_at(volume)
    return _Seeder(
        volume=volume,
        calendar=Calendar.founded(started) if started else Calendar(today=now.date()),
        progress=progress,
    ).run()


class _Seeder:
    def __init__(self, *, volume: Volume, calendar: Calendar, progress: Progress) -> None:
        self._volume = volume
        self._calendar = calendar
        self._progress = progress
        self._bulk = BulkInsert(at=timezone.now(), origin=current_context())

    def run(self) -> SeedResult:
        if connection.vendor == "sqlite":
            _execute(f"PRAGMA cache_size = -{_SQLITE_CACHE}")
        self._books()
        self._patrons()
        filled = SeedResult(
            books=self._volume.books,
            copies=self._volume.copies,
            patrons=self._volume.patrons,
            loans=self._loans() if self._volume.loans else 0,
        )
        self._audit(filled)
        _execute("ANALYZE")
        return filled

    def _books(self) -> None:
        stock = BookFactory(volume=self._volume, calendar=self._calendar, currency=settings.CURRENCY)
        for numbers in self._missing(BookRow, "books", self._volume.books):
            books = [stock.book(number) for number in numbers]
            copies = [
                copy
                for book, number in zip(books, numbers, strict=True)
                for copy in stock.copies(book, number)
            ]
            with transaction.atomic():
                self._bulk.store(DjangoBooks(), books)
                self._make_findable(books)
                self._bulk.store(DjangoCopies(), copies)
            self._progress("books", numbers.stop, self._volume.books)

    def _make_findable(self, books: Sequence[Book]) -> None:
        self._bulk.table(IsbnRow).insert(
            {"isbn": isbn.digits, "book_id": book.id} for book in books for isbn in book.description.isbns
        )
        indexing.index_new(books)

    def _patrons(self) -> None:
        membership = PatronFactory(volume=self._volume, calendar=self._calendar)
        for numbers in self._missing(PatronRow, "patrons", self._volume.patrons):
            with transaction.atomic():
                self._bulk.store(DjangoPatrons(), [membership.patron(number) for number in numbers])
            self._progress("patrons", numbers.stop, self._volume.patrons)

    def _loans(self) -> int:
        loans = LoanFactory.under_present_rules(volume=self._volume, calendar=self._calendar)
        lendings = LoanSimulation(self._volume, loans.terms).lendings()
        missing, made = False, 0
        while chunk := list(islice(lendings, _CHUNK)):  # those that are there are only drawn again
            missing = missing or not self._is_there(LoanRow, "loans", made)
            if missing:
                self._store(loans.loans(made, chunk))
            made += len(chunk)
            self._progress("loans", made, self._volume.loans)
        return made

    def _store(self, loans: Sequence[Loan]) -> None:
        with transaction.atomic():
            self._bulk.store(DjangoLoans(), loans)
            _count_borrowings(
                Counter((loan.copy.book_id, loan.borrowed_at.date().replace(day=1)) for loan in loans)
            )

    def _missing(self, rows: type[models.Model], kind: Kind, count: int) -> Iterator[range]:
        """The numbers of what isn't there yet, chunk by chunk: the first of a chunk came with all of it."""
        chunks = (range(first, min(first + _CHUNK, count)) for first in range(0, count, _CHUNK))
        return (numbers for numbers in chunks if not self._is_there(rows, kind, numbers.start))

    def _is_there(self, rows: type[models.Model], kind: Kind, number: int) -> bool:
        return rows._default_manager.filter(pk=self._volume.id_of(kind, number)).exists()

    def _audit(self, filled: SeedResult) -> None:
        who = current_context()
        AuditEntry.objects.create(
            at=timezone.now(),
            principal=who.principal,
            door=who.door,
            action="SeedDemo",
            outcome=AuditEntry.Outcome.DONE,
            comment=", ".join(f"{count} {name}" for name, count in asdict(filled).items()),
            correlation_id=who.correlation_id,
        )


def _count_borrowings(counts: Counter[tuple[UUID, date]]) -> None:
    """Add to the borrowings by month. A month has several chunks, and the demo's readers count meanwhile."""
    table = connection.ops.quote_name(BorrowingCountRow._meta.db_table)
    adapted = connection.ops.adapt_datefield_value
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} (book_id, month, count) VALUES (%s, %s, %s)"  # noqa: S608  the model's name
            f" ON CONFLICT (book_id, month) DO UPDATE"
            f" SET count = {table}.count + excluded.count, reckoning = 'due'",
            [(_key(book), adapted(month), count) for (book, month), count in counts.items()],
        )


def _key(book: UUID) -> Any:  # what the database takes for a UUID
    return BookRow._meta.pk.get_db_prep_save(book, connection)


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
