"""`create_login NAME --role R [--patron CARD]`."""

from django.core.management.base import CommandParser

from patrons.services.commands.link_login import LinkLogin
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.commands import bus, dispatch
from shared_kernel.services.logins import ROLES, CreateLogin


class Command(LibraryCommand):
    """Lets a person in."""

    help = "Make a login and print its password, this once."

    def options(self, parser: CommandParser) -> None:
        """Declare whose login, and what it may do."""
        parser.add_argument("name", metavar="NAME", help="the name to log in with")
        parser.add_argument("--role", metavar="R", required=True, help=", ".join(ROLES))
        parser.add_argument("--patron", metavar="CARD", help="the card of the patron who logs in")

    def run(self, *, name: str, role: str, patron: str | None) -> None:
        """Make the login and link it to its patron: both or neither."""
        with bus().transaction():
            created = dispatch(CreateLogin(name=name, role=role))
            if patron:
                dispatch(LinkLogin(card=patron, login_id=created.id))
        if self.as_json:
            self.answer(created)
            return
        self.stdout.write(f"login {created.role} {created.username} {created.password}")
