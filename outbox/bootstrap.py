"""What event delivery adds to the bus: looking into it, and handling quarantined messages again."""

from collections.abc import Sequence

from outbox.quarantine import ListQuarantine, ReplayQuarantine, list_quarantine, replay_quarantine
from outbox.status import GetOutboxStatus, get_outbox_status
from shared_kernel.services.bus import Handlers, Storage


class NoAggregates:
    """A unit of work on bookkeeping alone, which records no events."""

    storages: Sequence[Storage] = ()


def handlers() -> Handlers:
    """Bind the outbox's own commands and queries."""
    return Handlers(
        work=NoAggregates,
        commands={ReplayQuarantine: replay_quarantine},
        queries={GetOutboxStatus: get_outbox_status, ListQuarantine: list_quarantine},
    )
