from lending.adapters.repositories.rules import DjangoCalendars
from lending.services.redating import due_on_closed_days
from shared_kernel.management.door import LibraryCommand
from shared_kernel.services.sweeps import sweep


class Command(LibraryCommand):
    help = "Move due dates and pickup deadlines off days on which the branch is closed."
    scheduled = True

    def carry_out(self) -> None:
        """Sweep the loans and the ready holds."""
        self.report(sweep(due_on_closed_days(DjangoCalendars())))
