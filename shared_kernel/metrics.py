"""What is counted as it happens, in whichever process. Nobody's name, id or words are in a label.

What the database knows is not counted: it is looked up when somebody asks (library_project/metrics.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Histogram
from prometheus_client.registry import Collector, CollectorRegistry

from shared_kernel.domain.errors import Refused
from shared_kernel.metric_files import kept_in_files

_sums = kept_in_files()
#: The registry of all metrics that processes count.
REGISTRY = _sums if isinstance(_sums, CollectorRegistry) else CollectorRegistry()

REQUESTS = Counter(
    "library_http_requests",
    "Requests answered, by method, route and status.",
    ("method", "route", "status"),
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "library_http_request_duration_seconds",
    "Seconds until a request was answered, by method and route.",
    ("method", "route"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
    registry=REGISTRY,
)
_COMMANDS = Counter(
    "library_commands",
    "Commands given, by name and outcome: done, refused or failed.",
    ("command", "outcome"),
    registry=REGISTRY,
)
_REFUSALS = Counter(
    "library_refusals",
    "Reasons why commands were refused, by command and code.",
    ("command", "code"),
    registry=REGISTRY,
)


def sums() -> Collector:
    """All that was ever counted by this installation's processes."""
    return _sums


@contextmanager
def counted(command: object) -> Iterator[None]:
    """Count how the command that is carried out inside ends."""
    name = type(command).__name__
    try:
        yield
    except Refused as refused:
        _COMMANDS.labels(name, "refused").inc()
        for each in refused.refusals:
            _REFUSALS.labels(name, each.code).inc()
        raise
    except Exception:
        _COMMANDS.labels(name, "failed").inc()
        raise
    _COMMANDS.labels(name, "done").inc()
