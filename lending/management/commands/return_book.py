from typing import Any

from django.core.management.base import CommandParser

from lending.services.commands.return_book import ReturnBook
from lending.services.queries.lookups import FindCopy
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask


class Command(LibraryCommand):
    help = "Take a copy back."

    def options(self, parser: CommandParser) -> None:
        """What came back."""
        parser.add_argument(
            "copy", metavar="BOOK_OR_BARCODE", help="a barcode, or a book's id if one copy is lent"
        )

    def run(self, *, copy: str, **_: Any) -> None:  # argparse's namespace
        """Take it back."""
        receipt = dispatch(ReturnBook(copy_barcode=ask(FindCopy(barcode_or_book=copy, lent=True))))
        if self.as_json:
            self.answer(receipt)
        elif receipt.loan:
            self.stdout.write(f"Returned {receipt.loan.copy_barcode} “{receipt.loan.title}”.")
        else:
            self.stdout.write(
                "Not on loan: counted as used in the house." if receipt.in_house else "Not on loan."
            )
