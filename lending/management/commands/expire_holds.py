from lending.services.jobs import holds_due
from shared_kernel.management.door import LibraryCommand
from shared_kernel.services.origin import OriginClock
from shared_kernel.services.sweeps import sweep


class Command(LibraryCommand):
    help = "Expire holds that were not picked up in time, and end suspensions whose day has come."
    scheduled = True

    def carry_out(self) -> None:
        """Sweep the holds."""
        self.report(sweep(holds_due(OriginClock())))
