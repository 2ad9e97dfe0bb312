from lending.services.queries.scheduled_work import HoldsDue
from shared_kernel.management.door import LibraryCommand
from shared_kernel.services.queries import ask
from shared_kernel.services.sweeps import sweep


class Command(LibraryCommand):
    help = "Expire holds that were not picked up in time, and end suspensions whose day has come."
    scheduled = True

    def carry_out(self) -> None:
        """Sweep the holds."""
        self.report(sweep(ask(HoldsDue())))
