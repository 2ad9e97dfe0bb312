"""`remind_patrons`: queues reminders of due dates and of the end of memberships."""

from itertools import chain

from lending.services.queries.scheduled_work import LoansDueSoon
from patrons.services.queries.memberships_ending import MembershipsEnding
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.batch_dispatch import dispatch_each
from shared_kernel.services.queries import ask


class Command(LibraryCommand):
    """Reminds people."""

    help = "Remind patrons, once, of loans that are due soon and of memberships that end soon."
    scheduled = True

    def run(self) -> None:
        """Sweep the loans and the memberships."""
        self.report(dispatch_each(chain(ask(LoansDueSoon()), ask(MembershipsEnding()))))
