"""Sends the notices that are due, once, in the foreground."""

import signal
from datetime import timedelta
from threading import Event

from patrons.bootstrap import compose, mailer
from patrons.services.delivery import deliver_due_notices
from shared_kernel.management.base_command import LibraryCommand


class Command(LibraryCommand):
    help = "Send the notices that are due. Letters keep real time, whatever --as-of says."
    scheduled = True

    def run(self) -> None:
        """Send until nothing is due or the mail service is to be left alone."""
        stopping = Event()
        # The letter under way is finished: cutting it off would leave nobody knowing whether it went out.
        before = signal.signal(signal.SIGTERM, lambda _signal, _frame: stopping.set())
        try:
            attempts = deliver_due_notices(
                mailer=mailer(), compose=compose, for_at_most=timedelta(days=1), stopping=stopping.is_set
            )
        finally:
            signal.signal(signal.SIGTERM, before)
        if self.as_json:
            self.answer({"attempts": attempts})
        else:
            self.stdout.write(f"{attempts} attempt{'' if attempts == 1 else 's'} to send a notice")
