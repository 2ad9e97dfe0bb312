"""What event delivery adds to the bus: looking into it, and handling quarantined messages again."""

from outbox.quarantine import list_quarantine, replay_quarantine
from outbox.status import get_outbox_status
from shared_kernel.services.bus import Handlers
from shared_kernel.services.wiring import BookkeepingPorts, bind

COMMANDS = (replay_quarantine,)
QUERIES = (get_outbox_status, list_quarantine)


def handlers() -> Handlers:
    """Event delivery's handlers, bound."""
    return bind(commands=COMMANDS, queries=QUERIES, ports=BookkeepingPorts())
