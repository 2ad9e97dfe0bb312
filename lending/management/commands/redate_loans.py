from lending.services.queries.closed_days import DueOnClosedDays
from shared_kernel.management.door import LibraryCommand
from shared_kernel.services.queries import ask
from shared_kernel.services.sweeps import sweep


class Command(LibraryCommand):
    help = "Move due dates and pickup deadlines off days on which the branch is closed."
    scheduled = True

    def carry_out(self) -> None:
        """Sweep the loans and the ready holds."""
        self.report(sweep(ask(DueOnClosedDays())))
