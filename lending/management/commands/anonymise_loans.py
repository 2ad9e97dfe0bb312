from django.core.management.base import CommandError

from lending.services.queries.loans_to_anonymise import LoansToAnonymise
from lending.services.queries.privacy import PrivacyReport, PrivacySummary
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.batch_dispatch import BatchResult, dispatch_each
from shared_kernel.services.codec import to_builtins
from shared_kernel.services.queries import ask

_WORDS = {
    "anonymous": "nobody's any more",
    "not_returned": "somebody's: not returned",
    "recent": "somebody's: returned lately",
    "by_choice": "somebody's: their patron wants it so",
    "charged": "somebody's: something may be owed",
    "due": "somebody's: next to be forgotten",
}


class Command(LibraryCommand):
    help = "Forget whose loans were that ended long ago or whose patron wants it; tell what is kept, and why."
    scheduled = True

    def run(self) -> None:
        """Sweep the ended loans, then report."""
        swept = dispatch_each(ask(LoansToAnonymise()))
        self._tell(swept, ask(PrivacyReport()))
        if swept.failed:
            raise CommandError("\n".join(f"failed: {each}" for each in swept.failed), returncode=1)

    def _tell(self, swept: BatchResult, report: PrivacySummary) -> None:
        if self.as_json:
            self.answer({**to_builtins(swept), "report": report})
            return
        self.stdout.write(f"{swept.changed} changed, {swept.unchanged} unchanged")
        self.table("Loans", "", rows=[(getattr(report, name), words) for name, words in _WORDS.items()])
