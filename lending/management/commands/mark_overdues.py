from lending.services.queries.scheduled_work import OverdueLoans
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.batch_dispatch import dispatch_each
from shared_kernel.services.queries import ask


class Command(LibraryCommand):
    help = "Tell patrons of overdue loans: once for each due date, and every three days again."
    scheduled = True

    def run(self) -> None:
        """Sweep the overdue loans."""
        self.report(dispatch_each(ask(OverdueLoans())))
