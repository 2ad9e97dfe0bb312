"""What event delivery counts."""

from prometheus_client import Counter

from shared_kernel.metrics import REGISTRY

RELAYED = Counter(
    "library_relay_events",
    "Events that left the outbox (published), or could not by their own fault (failed).",
    ("outcome",),
    registry=REGISTRY,
)
RECEIVED = Counter(
    "library_inbox_events",
    "Events that came to a consumer: handled, repeated, passed_over, failed or quarantined.",
    ("consumer", "outcome"),
    registry=REGISTRY,
)
