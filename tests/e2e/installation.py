"""An installation with all its processes, on private services."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException

from library_project.subscriptions import SUBSCRIPTIONS
from tests.e2e.api_client import ApiClient, Patron
from tests.e2e.observation import DeliveryLedger, eventually
from tests.fakes.sendgrid import FakeSendGrid
from tests.services.rabbitmq import RabbitMQ
from tests.system import System

EVERYTHING = ("web", "worker", "beat", "relay", *(f"consumer-{context}" for context in SUBSCRIPTIONS))


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A running installation and its services."""

    system: System
    broker: RabbitMQ
    sendgrid: FakeSendGrid
    desk: ApiClient

    @property
    def ledger(self) -> DeliveryLedger:
        """The judge of what came of all that was ever committed here."""
        return DeliveryLedger(self.system, self.sendgrid)

    @property
    def degraded(self) -> tuple[int, list[str]]:
        """The readiness probe's status, and what it says to be missing."""
        answer = self.desk.get("/health/ready")
        return answer.status, answer.json["degraded"]

    def letters_to(self, patron: Patron) -> list[str]:
        """Subject and text of the letters that SendGrid took for a patron, oldest first."""
        mails = [mail for mail in list(self.sendgrid.accepted) if patron.email in mail["recipients"]]
        return [f"{mail['subject']}\n{mail['content'][0]['value']}" for mail in mails]

    def start_missing(self) -> None:
        """Start again whatever a test has stopped or killed."""
        running = {name for name, process in self.system.processes.items() if process.is_running()}
        self.system.start(*(name for name in EVERYTHING if name not in running))

    def lend_while(self, happens: Callable[[], None], *, to: Patron) -> set[str]:
        """Lend one copy after the other while something happens to the server; tell the answered loans."""
        barcodes = self.desk.add_copies(20)
        answered: set[str] = set()

        def lend() -> None:
            for barcode in barcodes:
                try:
                    answered.add(self.desk.lend(barcode, to))
                except (OSError, HTTPException):  # the server has gone
                    return

        with ThreadPoolExecutor(1) as aside:
            lending = aside.submit(lend)
            eventually(lambda: len(answered) >= 3 or lending.done(), within=30)
            happens()
            lending.result(timeout=30)
        return answered

    def open_loans(self, patron: Patron) -> set[str]:
        """The loans that a patron has."""
        found = self.desk.get(f"/api/v1/loans?patron={patron.id}&page_size=100").json["results"]
        return {loan["id"] for loan in found}
