"""`manage.py revert_import ID`."""

from typing import Any
from uuid import UUID, uuid4

from django.core.management.base import CommandParser

from catalog.services.commands.claim_import import ClaimImport
from catalog.services.commands.revert_import import ContinueRevert, RevertImport
from catalog.services.queries.get_import import GetImport
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask


class Command(LibraryCommand):
    help = "Remove the books that an import created, except those that were lent, held or changed since."

    def options(self, parser: CommandParser) -> None:
        """Declare which import."""
        parser.add_argument("id", type=UUID, metavar="ID", help="as the administration shows it")

    def run(self, *, id: UUID, **_: Any) -> None:
        """Revert it all, unless a worker is faster."""
        dispatch(RevertImport(import_id=id))
        claim = uuid4()
        while (claimed := dispatch(ClaimImport(claim=claim, import_id=id))) is not None:
            while dispatch(ContinueRevert(import_id=claimed.id, claim=claim)):
                pass
        reverted = ask(GetImport(import_id=id))
        if self.as_json:
            self.answer(reverted)
            return
        for each in reverted.kept:
            self.stderr.write(f"kept {each.book} {each.title}: {each.reason}")
        self.stdout.write(f"{reverted.state}: removed {reverted.removed}, kept {reverted.kept_count}")
