"""`revoke_token ID`."""

from uuid import UUID

from django.core.management.base import CommandParser

from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import CACHE_SECONDS, RevokeToken


class Command(LibraryCommand):
    """Takes a machine's token back."""

    help = "Take a token back; running servers refuse it within 30 seconds."

    def options(self, parser: CommandParser) -> None:
        """Declare which token."""
        parser.add_argument("id", metavar="ID", type=UUID, help="the id that create_token printed")

    def run(self, *, id: UUID) -> None:
        """Revoke it."""
        dispatch(RevokeToken(id=id))
        if self.as_json:
            self.answer({"id": id})
            return
        self.stdout.write(f"revoked: running servers refuse it within {CACHE_SECONDS} seconds")
