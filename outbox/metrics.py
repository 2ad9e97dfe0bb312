"""Prometheus counters of event delivery."""

from prometheus_client import Counter

from shared_kernel.metrics import REGISTRY

RELAYED = Counter(
    "library_relay_events",
    "Events that the relay published, or could not publish because of their content (failed).",
    ("outcome",),
    registry=REGISTRY,
)
RECEIVED = Counter(
    "library_inbox_events",
    "Events that a consumer received: handled, repeated, passed_over, failed or quarantined.",
    ("consumer", "outcome"),
    registry=REGISTRY,
)
