"""Days in templates."""

from datetime import date, datetime

from django.template import Library

from shared_kernel.domain.days import day_ended_by

register = Library()


@register.filter
def day_ended(instant: datetime | None) -> date | None:
    """The day whose end, at its branch, a due date or a deadline is; `date` formats it."""
    return None if instant is None else day_ended_by(instant)
