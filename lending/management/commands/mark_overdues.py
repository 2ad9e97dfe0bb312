from lending.services.queries.scheduled_work import OverdueLoans
from shared_kernel.management.door import LibraryCommand
from shared_kernel.services.queries import ask
from shared_kernel.services.sweeps import sweep


class Command(LibraryCommand):
    help = "Tell patrons of overdue loans: once for each due date, and every three days again."
    scheduled = True

    def carry_out(self) -> None:
        """Sweep the overdue loans."""
        self.report(sweep(ask(OverdueLoans())))
