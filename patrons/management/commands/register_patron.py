"""Registers a patron and prints the number of the new card."""

from django.core.management.base import CommandParser

from patrons.services.commands.register_patron import RegisterPatron
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.commands import dispatch


class Command(LibraryCommand):
    help = "Register a patron and print their card number."

    def options(self, parser: CommandParser) -> None:
        """Name, address and category."""
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument(
            "--category", default="regular", help="regular, premium, researcher or one of your own"
        )

    def run(self, *, name: str, email: str, category: str) -> None:
        """Register, and print the card number alone, so that a script can take it."""
        patron = dispatch(RegisterPatron(name=name, email=email, category=category))
        if self.as_json:
            self.answer(patron)
        else:
            self.stdout.write(patron.card_number)
