"""When each scheduled job last succeeded, for monitoring."""

from collections.abc import Sequence

from django.utils import timezone

from shared_kernel.models import JobRun


def record_success(job: str, *, period: float) -> None:
    """Put down that a job, which is given every `period` seconds, has just succeeded."""
    run = JobRun(job=job, period=period, succeeded_at=timezone.now())
    JobRun.objects.bulk_create(
        [run], update_conflicts=True, unique_fields=["job"], update_fields=["period", "succeeded_at"]
    )


def job_runs() -> Sequence[JobRun]:
    """Every job that ever succeeded."""
    return list(JobRun.objects.order_by("job"))
