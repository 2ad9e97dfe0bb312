from lending.services.queries.closed_days import DueOnClosedDays
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.batch_dispatch import dispatch_each
from shared_kernel.services.queries import ask


class Command(LibraryCommand):
    help = "Move due dates and pickup deadlines off days on which the branch is closed."
    scheduled = True

    def run(self) -> None:
        """Move each of these dates."""
        self.report(dispatch_each(ask(DueOnClosedDays())))
