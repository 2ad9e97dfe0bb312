"""What is left on the hold shelf."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from lending.models import HoldRow, InHouseUseRow, LoanRow

#: A copy that was not cleared from the hold shelf for so long lies somewhere else.
_CLEARED_BY: Final = timedelta(days=30)


def shelf_to_clear(now: datetime) -> QuerySet[HoldRow]:
    """Ended holds whose copy still lies on the hold shelf: nobody has lent, taken or scanned it since."""
    since = OuterRef("ended_at")
    lent = LoanRow.objects.filter(copy_id=OuterRef("copy_id"), borrowed_at__gte=since)
    scanned = InHouseUseRow.objects.filter(copy_id=OuterRef("copy_id"), used_at__gte=since)
    served = HoldRow.objects.filter(
        copy_id=OuterRef("copy_id"), state__in=[HoldRow.State.ALLOCATED, HoldRow.State.READY]
    )
    was_ready = Q(pickup_deadline_at__isnull=False, ended_at__gte=now - _CLEARED_BY, cleared_at__isnull=True)
    ended = HoldRow.objects.filter(was_ready, state__in=[HoldRow.State.EXPIRED, HoldRow.State.CANCELLED])
    return (
        ended.exclude(Exists(lent))
        .exclude(Exists(scanned))
        .exclude(Exists(served))
        .order_by("ended_at", "id")
    )
