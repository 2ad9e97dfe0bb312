from lending.adapters.repositories.rules import DjangoCalendars
from lending.services.jobs import aged_loans
from shared_kernel.management.door import LibraryCommand
from shared_kernel.services.origin import OriginClock
from shared_kernel.services.sweeps import sweep


class Command(LibraryCommand):
    help = "Declare loans lost that are overdue for longer than their terms allow."
    scheduled = True

    def carry_out(self) -> None:
        """Sweep the overdue loans."""
        self.report(sweep(aged_loans(OriginClock(), DjangoCalendars())))
