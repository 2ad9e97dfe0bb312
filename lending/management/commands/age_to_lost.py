from lending.services.queries.scheduled_work import AgedLoans
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.batch_dispatch import dispatch_each
from shared_kernel.services.queries import ask


class Command(LibraryCommand):
    help = "Declare loans lost once they are overdue for longer than their terms allow."
    scheduled = True

    def run(self) -> None:
        """Declare each of these loans lost."""
        self.report(dispatch_each(ask(AgedLoans())))
