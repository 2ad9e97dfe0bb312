"""`remind_patrons`: what patrons have to be told in advance, whichever context knows of it."""

from itertools import chain

from lending.services.queries.scheduled_work import LoansDueSoon
from patrons.services.jobs import MembershipsEnding
from shared_kernel.management.door import LibraryCommand
from shared_kernel.services.queries import ask
from shared_kernel.services.sweeps import sweep


class Command(LibraryCommand):
    """Reminds people."""

    help = "Remind patrons, once, of loans that are due soon and of memberships that end soon."
    scheduled = True

    def carry_out(self) -> None:
        """Sweep the loans and the memberships."""
        self.report(sweep(chain(ask(LoansDueSoon()), ask(MembershipsEnding()))))
