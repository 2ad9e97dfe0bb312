"""`remind_patrons`: what patrons have to be told in advance, whichever context knows of it."""

from itertools import chain

from lending.services.jobs import loans_due_soon
from patrons.services.jobs import memberships_ending
from shared_kernel.management.door import LibraryCommand
from shared_kernel.services.origin import OriginClock
from shared_kernel.services.sweeps import sweep


class Command(LibraryCommand):
    """Reminds people."""

    help = "Remind patrons, once, of loans that are due soon and of memberships that end soon."
    scheduled = True

    def carry_out(self) -> None:
        """Sweep the loans and the memberships."""
        clock = OriginClock()
        self.report(sweep(chain(loans_due_soon(clock), memberships_ending(clock))))
