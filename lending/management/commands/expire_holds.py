from lending.services.queries.scheduled_work import HoldsDue
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.batch_dispatch import dispatch_each
from shared_kernel.services.queries import ask


class Command(LibraryCommand):
    help = "Expire holds that were not picked up in time, and end suspensions whose day has come."
    scheduled = True

    def run(self) -> None:
        """Sweep the holds."""
        self.report(dispatch_each(ask(HoldsDue())))
