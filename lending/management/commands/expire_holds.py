from lending.services.queries.scheduled_work import HoldsDue
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.batch_dispatch import dispatch_each
from shared_kernel.services.queries import ask


class Command(LibraryCommand):
    help = "Expire holds that were not picked up in time, and resume holds whose suspension has ended."
    scheduled = True

    def run(self) -> None:
        """Expire or resume each of these holds."""
        self.report(dispatch_each(ask(HoldsDue())))
