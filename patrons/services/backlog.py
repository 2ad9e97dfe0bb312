"""The state of the sending of notices, for monitoring."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from patrons.domain.notice import EMAIL, NoticeState
from patrons.models import ChannelPauseRow, NoticeRow

#: The states in which a notice is not done with. All others are but counted when they begin.
_UNSETTLED = (NoticeState.QUEUED, NoticeState.SENDING, NoticeState.AMBIGUOUS, NoticeState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeBacklog:
    """Notices that are not done with, by state; how long one has been due; whether sending is paused."""

    counts: Mapping[str, int]
    overdue_seconds: float
    paused: bool


def notice_backlog(*, at: datetime, setting: str) -> NoticeBacklog:
    """The backlog at an instant, with this `setting` of the mailer. Cheap: unsettled notices are few."""
    counts = dict.fromkeys((state.value for state in _UNSETTLED), 0)
    unsettled = NoticeRow.objects.filter(state__in=_UNSETTLED).order_by().values("state")
    counts |= dict(unsettled.annotate(count=Count("id")).values_list("state", "count"))
    due = NoticeRow.objects.filter(state=NoticeState.QUEUED, next_attempt_at__lte=at)
    since = due.aggregate(since=Min("next_attempt_at"))["since"]
    return NoticeBacklog(
        counts=counts,
        overdue_seconds=(at - since).total_seconds() if since else 0.0,
        paused=is_paused(at=at, setting=setting),
    )


def is_paused(*, at: datetime, setting: str) -> bool:
    """Whether sending with this setting of the mailer is paused.

    A pause without a setting holds for any: an older release wrote it.
    """
    pauses = ChannelPauseRow.objects.filter(channel=EMAIL, until__gt=at, setting__in=["", setting])
    return pauses.exists()
