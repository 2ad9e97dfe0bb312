"""What the clock makes the whole library do."""

import structlog
from celery import shared_task

from library_project.invariants import all_invariants
from shared_kernel.services.invariants import check_invariant, save_results

log = structlog.get_logger(__name__)


@shared_task(name="library.check_invariants", ignore_result=True)
def check_invariants() -> None:
    """Check the invariants and store the results for `/metrics`."""
    results = [check_invariant(invariant) for invariant in all_invariants()]
    save_results(results)
    for each in results:
        if not each.holds:
            log.error("invariant_broken", invariant=each.invariant, violations=len(each.violations))
