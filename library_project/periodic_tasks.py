"""The base of scheduled tasks: gives each run a correlation id and records its success."""

from time import monotonic
from typing import Any

import structlog
from celery import Task
from django.db import Error as DatabaseProblem

from shared_kernel.resilience.heartbeat import heartbeat
from shared_kernel.services.request_context import RequestContext, request_context

#: The success of a job that runs every second is recorded at most once in so many seconds.
_NOTED_EVERY = 30.0
_next_note: dict[str, float] = {}

log = structlog.get_logger(__name__)


class PeriodicTask(Task):  # type: ignore[type-arg]  # it takes no arguments and has no result
    """A task that the clock starts."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # Celery's own signature
        """Run the task as the system, and record its success."""
        heartbeat("worker")
        with request_context(RequestContext(door="job")):
            result = super().__call__(*args, **kwargs)
            self._note_success()
        return result

    def _note_success(self) -> None:
        # Celery wants this class before there are models.
        from shared_kernel.services.job_runs import record_success

        entries = self.app.conf.beat_schedule.values()
        period = next((entry["schedule"] for entry in entries if entry["task"] == self.name), None)
        if period is None or monotonic() < _next_note.get(self.name, 0.0):
            return
        try:
            record_success(self.name, period=period)
        except DatabaseProblem as problem:
            log.warning("job_not_noted", job=self.name, problem=type(problem).__name__)
        _next_note[self.name] = monotonic() + min(_NOTED_EVERY, period)
