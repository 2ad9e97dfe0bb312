from lending.adapters.repositories.rules import DjangoCalendars
from lending.services.jobs import overdue_loans
from shared_kernel.management.door import LibraryCommand
from shared_kernel.services.origin import OriginClock
from shared_kernel.services.sweeps import sweep


class Command(LibraryCommand):
    help = "Tell patrons of overdue loans: once for each due date, and every three days again."
    scheduled = True

    def carry_out(self) -> None:
        """Sweep the overdue loans."""
        self.report(sweep(overdue_loans(OriginClock(), DjangoCalendars())))
