from typing import Any

from django.core.management.base import CommandParser

from lending.services.commands.borrow_book import BorrowBook
from lending.services.queries.lookups import FindBorrower, FindCopy
from shared_kernel.domain.days import day_ended_by
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask


class Command(LibraryCommand):
    help = "Lend a copy to a patron."

    def options(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "copy", metavar="BOOK_OR_BARCODE", help="a barcode, or a book's id if one copy is free"
        )
        parser.add_argument("patron", metavar="EMAIL_OR_CARD")

    def run(self, *, copy: str, patron: str, **_: Any) -> None:  # argparse's namespace
        """Lend it."""
        card = ask(FindBorrower(card_or_email=patron))
        loan = dispatch(
            BorrowBook(copy_barcode=ask(FindCopy(barcode_or_book=copy, lent=False)), patron_card=card)
        )
        if self.as_json:
            self.answer(loan)
        else:
            self.stdout.write(
                f"Lent {loan.copy_barcode} “{loan.title}”, due {day_ended_by(loan.due_at)}. Loan {loan.id}"
            )
