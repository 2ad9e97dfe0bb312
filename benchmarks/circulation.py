"""The library that the benchmarks lend from: its copies and patrons, and the state between rounds."""

from collections.abc import Callable, Sequence
from functools import cache

from django.db import connection

from benchmarks.lending import Lending
from benchmarks.rounds import InvalidMeasurement
from catalog.services.commands.add_book import AddBook
from catalog.services.commands.add_copy import AddCopy
from lending.adapters.repositories.rules import DjangoRules
from lending.domain.circulation_rule import effective_terms
from lending.models import LoanRow
from lending.services.commands.borrow_book import BorrowBook
from lending.services.commands.return_book import ReturnBook
from outbox.models import InboxEntry, OutboxMessage
from patrons.services.commands.register_patron import RegisterPatron
from shared_kernel.models import AuditEntry, IdempotencyRecord
from shared_kernel.services.codec import to_json
from shared_kernel.services.commands import dispatch

#: The loan limit of a regular patron.
LOANS_EACH = 5
_CLEARED = (LoanRow, OutboxMessage, InboxEntry, AuditEntry, IdempotencyRecord)


Lendings = Sequence[Lending]


@cache
def create_lendings(*, copies: int) -> Lendings:
    """The lendings of a round: five copies for each patron, each of a different book.

    They are the same for every benchmark of a run. Each copy was lent and returned before, as nearly all
    copies of a library are.
    """
    readers = [
        dispatch(RegisterPatron(name=f"Reader {number}", email=f"reader{number}@example.org"))
        for number in range(copies // LOANS_EACH)
    ]
    terms = _terms()
    lendings = []
    for number in range(copies):
        book = dispatch(AddBook(title=f"Middlemarch, volume {number:04}", authors=("Eliot, George",)))
        copy = dispatch(AddCopy(book=book.id, barcode=f"BENCH-{number:06}"))
        reader = readers[number % len(readers)]
        lendings.append(
            Lending(copy.barcode, reader.card_number, copy.id, book.id, reader.id, book.title, terms)
        )
    for lending in lendings:
        borrow(lending)
        return_book(lending)
    return lendings


def _terms() -> str:
    """The terms of a regular loan, as stored in a loan's row."""
    rules = DjangoRules().matching(branch="MAIN", category="regular", item_type="book")
    terms = effective_terms(rules, branch="MAIN", category="regular", item_type="book")
    return to_json(terms).decode()


def borrow(lending: Lending) -> None:
    """Borrow with the command, including every rule."""
    dispatch(BorrowBook(copy_barcode=lending.barcode, patron_card=lending.card))


def return_book(lending: Lending) -> None:
    """Return with the command."""
    dispatch(ReturnBook(copy_barcode=lending.barcode))


def for_each(lendings: Lendings, *steps: Callable[[Lending], None]) -> Callable[[], int]:
    """A run that applies these steps to each lending and returns the number of lendings."""

    def run() -> int:
        for lending in lendings:
            for step in steps:
                step(lending)
        return len(lendings)

    return run


def delete_loans() -> None:
    """Delete all loans and the rows written with them."""
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in _CLEARED)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables}")


def expect(*, open_loans: int, loans: int, events: int) -> None:
    """Check the rows that the operations left: an audit entry per event. Raises InvalidMeasurement."""
    found = {
        "open loans": LoanRow.objects.filter(state=LoanRow.State.OPEN).count(),
        "loans": LoanRow.objects.count(),
        "events": OutboxMessage.objects.count(),
        "audit entries": AuditEntry.objects.count(),
    }
    wanted = {"open loans": open_loans, "loans": loans, "events": events, "audit entries": events}
    if found != wanted:
        raise InvalidMeasurement(f"there are {found} instead of {wanted}")
