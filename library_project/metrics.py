"""`/metrics` for Prometheus: the counters of all processes, and gauges read from the database.

It needs no login, like the health checks, so it has only kinds, codes, routes and numbers.
"""

from collections.abc import Iterator

import structlog
from django.db import Error as DatabaseProblem
from django.http import HttpRequest, HttpResponse
from django.urls import re_path
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from library_project.health import probe
from outbox.pending import failing_messages
from outbox.status import consumer_lags, outbox_lag, quarantine_counts
from outbox.subscriptions import subscriptions
from patrons.bootstrap import mailer
from patrons.services.backlog import notice_backlog
from shared_kernel.metrics import sums
from shared_kernel.models import Breaker
from shared_kernel.resilience.registry import all_breakers
from shared_kernel.services.invariants import last_checks
from shared_kernel.services.job_runs import job_runs

log = structlog.get_logger(__name__)


@probe
def metrics(_request: HttpRequest) -> HttpResponse:
    """All metrics in Prometheus' text format. Without the database: the counters, and that it is away."""
    registry = CollectorRegistry()
    registry.register(sums())
    registry.register(_DatabaseCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _DatabaseCollector(Collector):
    """Reads gauges from the database, by some twenty short queries for each scrape."""

    def collect(self) -> Iterator[Metric]:
        """Every gauge, unless the database is away."""
        try:
            found = [*_delivery(), *_consumers(), *_notices(), *_breakers(), *_jobs(), *_invariants()]
        except DatabaseProblem as problem:
            log.warning("metrics_without_database", problem=type(problem).__name__)
            found = []
        yield _gauge("library_database_up", "Whether the database answers.", float(bool(found)))
        yield from found


def _delivery() -> Iterator[Metric]:
    pending, age = outbox_lag()
    yield _gauge("library_outbox_pending", "Events that wait to be published, up to 100000.", pending)
    yield _gauge("library_outbox_oldest_age_seconds", "Seconds that the oldest of them has waited.", age)
    yield _gauge(
        "library_outbox_failing",
        "Events that can't be published by their own fault.",
        failing_messages().count(),
    )


def _consumers() -> Iterator[Metric]:
    behind = _family(
        "library_consumer_pending", "Published events still to be received, up to 1000.", "consumer"
    )
    age = _family("library_consumer_lag_seconds", "Seconds since the oldest was published.", "consumer")
    for consumer, (count, seconds) in consumer_lags().items():
        behind.add_metric([consumer], count)
        age.add_metric([consumer], seconds)
    stuck = _family("library_quarantined", "Messages in quarantine.", "consumer")
    counts = quarantine_counts()
    for consumer in {*subscriptions(), *counts}:
        stuck.add_metric([consumer], counts.get(consumer, 0))
    yield from (behind, age, stuck)


def _notices() -> Iterator[Metric]:
    backlog = notice_backlog(at=timezone.now(), setting=mailer().setting)
    notices = _family("library_notices", "Notices that are not sent, by state.", "state")
    for state, count in backlog.counts.items():
        notices.add_metric([state], count)
    yield notices
    yield _gauge(
        "library_notices_overdue_seconds",
        "Seconds that a notice is overdue at most.",
        backlog.overdue_seconds,
    )
    yield _gauge("library_mail_channel_paused", "Whether sending is paused.", float(backlog.paused))


def _breakers() -> Iterator[Metric]:
    states = GaugeMetricFamily(
        "library_circuit_breaker_state", "1 for the state that a breaker is in.", labels=("breaker", "state")
    )
    for each in all_breakers():
        for state in Breaker.State.values:
            states.add_metric([each.name, state], float(each.state == state))
    yield states


def _jobs() -> Iterator[Metric]:
    succeeded = _family("library_job_last_success_timestamp_seconds", "When a job last succeeded.", "job")
    period = _family("library_job_period_seconds", "Seconds from one run of a job to the next.", "job")
    for run in job_runs():
        succeeded.add_metric([run.job], run.succeeded_at.timestamp())
        period.add_metric([run.job], run.period)
    yield from (succeeded, period)


def _invariants() -> Iterator[Metric]:
    broken = _family("library_invariant_violations", "Violations of an invariant, up to 1000.", "invariant")
    failed = _family("library_invariant_unchecked", "1 where an invariant couldn't be checked.", "invariant")
    at = _family("library_invariant_checked_timestamp_seconds", "When it was last checked.", "invariant")
    for each in last_checks():
        broken.add_metric([each.name], each.violations)
        failed.add_metric([each.name], float(each.failed))
        at.add_metric([each.name], each.at.timestamp())
    yield from (broken, failed, at)


def _gauge(name: str, explained: str, value: float) -> Metric:
    return GaugeMetricFamily(name, explained, value=value)


def _family(name: str, explained: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, explained, labels=(label,))


urlpatterns = [re_path(r"^metrics/?$", metrics, name="metrics")]
