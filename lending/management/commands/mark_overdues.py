from lending.services.queries.scheduled_work import OverdueLoans
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.batch_dispatch import dispatch_each
from shared_kernel.services.queries import ask


class Command(LibraryCommand):
    help = "Notify patrons of overdue loans: once per due date, then every three days."
    scheduled = True

    def run(self) -> None:
        """Mark each of these loans overdue."""
        self.report(dispatch_each(ask(OverdueLoans())))
