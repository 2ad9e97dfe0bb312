"""What Celery's clock makes lending do. What was missed is done at the next tick."""

from celery import shared_task

from lending.services.jobs import holds_due, loans_due_soon
from shared_kernel.services.origin import OriginClock
from shared_kernel.services.sweeps import sweep


@shared_task(name="lending.expire_holds", ignore_result=True)
def expire_holds() -> None:
    """Expire holds that were not picked up, and end suspensions whose day has come."""
    sweep(holds_due(OriginClock()))


@shared_task(name="lending.remind_due_soon", ignore_result=True)
def remind_due_soon() -> None:
    """Tell patrons of loans that will be due."""
    sweep(loans_due_soon(OriginClock()))
