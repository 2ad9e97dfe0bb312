"""Celery's scheduler, which continues where it was before a restart."""

from celery.beat import Scheduler
from django.db import Error as DatabaseError
from django.db import connection

from shared_kernel.resilience.outages import outage


class ResilientScheduler(Scheduler):
    """Knows from the jobs' records when each last succeeded, so that a daily job isn't late after a restart.

    Celery's PersistentScheduler keeps a file for that, and stops for good where it can't be written.
    """

    def setup_schedule(self) -> None:
        """Fill in when each job last succeeded. Without the database, periods begin anew."""
        super().setup_schedule()
        # Celery wants this class before there are models.
        from shared_kernel.services.job_runs import job_runs

        try:
            succeeded_at = {run.job: run.succeeded_at for run in job_runs()}
        except DatabaseError as error:
            outage("database").failed(type(error).__name__)
            return
        finally:
            connection.close_if_unusable_or_obsolete()
        for entry in self.schedule.values():
            if entry.task in succeeded_at:
                entry.last_run_at = succeeded_at[entry.task]
