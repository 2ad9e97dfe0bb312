"""`create_token NAME --scope S … [--days N]`."""

from django.core.management.base import CommandParser

from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import DAYS, SCOPES, IssueToken


class Command(LibraryCommand):
    """Gives a machine a token."""

    help = f"Give a machine a token and print it, this once. Scopes: {', '.join(SCOPES)}."

    def options(self, parser: CommandParser) -> None:
        """Declare whose token, what for and how long."""
        parser.add_argument("name", metavar="NAME", help="whose token it is")
        parser.add_argument(
            "--scope", metavar="S", action="extend", nargs="+", required=True, help="what it allows"
        )
        parser.add_argument("--days", metavar="N", type=int, default=DAYS, help=f"how long it lives ({DAYS})")

    def run(self, *, name: str, scope: list[str], days: int) -> None:
        """Issue it."""
        issued = dispatch(IssueToken(name=name, scopes=tuple(scope), days=days))
        if self.as_json:
            self.answer(issued)
            return
        self.stdout.write(f"token    {issued.token}   (keep it: it is not shown again)")
        self.stdout.write(f"id       {issued.id}")
        self.stdout.write(f"scopes   {' '.join(issued.scopes)}")
        self.stdout.write(f"expires  {issued.expires_at:%Y-%m-%d %H:%M} UTC")
