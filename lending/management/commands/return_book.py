from typing import Any

from django.core.management.base import CommandParser

from lending.services.commands.return_book import ReturnBook
from lending.services.queries.lookups import FindCopy
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask


class Command(LibraryCommand):
    help = "Return a copy."

    def options(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "copy", metavar="BOOK_OR_BARCODE", help="a barcode, or a book's id if one copy is lent"
        )

    def run(self, *, copy: str, **_: Any) -> None:  # argparse's namespace
        """Return it."""
        result = dispatch(ReturnBook(copy_barcode=ask(FindCopy(barcode_or_book=copy, lent=True))))
        if self.as_json:
            self.answer(result)
        elif result.loan:
            self.stdout.write(f"Returned {result.loan.copy_barcode} “{result.loan.title}”.")
        else:
            self.stdout.write(
                "Not on loan: counted as used in the library." if result.in_house else "Not on loan."
            )
