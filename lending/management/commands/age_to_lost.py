from lending.services.queries.scheduled_work import AgedLoans
from shared_kernel.management.door import LibraryCommand
from shared_kernel.services.queries import ask
from shared_kernel.services.sweeps import sweep


class Command(LibraryCommand):
    help = "Declare loans lost that are overdue for longer than their terms allow."
    scheduled = True

    def carry_out(self) -> None:
        """Sweep the overdue loans."""
        self.report(sweep(ask(AgedLoans())))
