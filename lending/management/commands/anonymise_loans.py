from django.core.management.base import CommandError

from lending.services.queries.loans_to_anonymise import LoansToAnonymise
from lending.services.queries.privacy import PrivacyReport, PrivacySummary
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.batch_dispatch import BatchResult, dispatch_each
from shared_kernel.services.codec import to_builtins
from shared_kernel.services.queries import ask

_LABELS = {
    "anonymous": "anonymised",
    "not_returned": "kept: not returned",
    "recent": "kept: returned recently",
    "by_choice": "kept: the patron wants to keep them",
    "charged": "kept: the patron may still owe something",
    "due": "to be anonymised next",
}


class Command(LibraryCommand):
    help = (
        "Anonymise returned loans that are old enough or whose patron wants it; report what is kept, and why."
    )
    scheduled = True

    def run(self) -> None:
        """Anonymise, then report."""
        result = dispatch_each(ask(LoansToAnonymise()))
        self._report(result, ask(PrivacyReport()))
        if result.failed:
            raise CommandError("\n".join(f"failed: {each}" for each in result.failed), returncode=1)

    def _report(self, result: BatchResult, report: PrivacySummary) -> None:
        if self.as_json:
            self.answer({**to_builtins(result), "report": report})
            return
        self.stdout.write(f"{result.changed} changed, {result.unchanged} unchanged")
        self.table("Loans", "", rows=[(getattr(report, name), words) for name, words in _LABELS.items()])
