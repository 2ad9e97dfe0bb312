"""Whether there is a notice to send."""

from dataclasses import dataclass

from django.utils import timezone

from patrons.domain.notice import INTERRUPTED_AFTER
from patrons.models import NoticeRow
from patrons.services.backlog import is_paused
from shared_kernel.services.bus import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeIsDue(Query[bool]):
    """Whether there is a notice to be sent now, in real time, and sending with this setting isn't paused."""

    setting: str


def notice_is_due(query: NoticeIsDue) -> bool:
    """Whether there is one. Saves an idle library a write lock each second."""
    now = timezone.now()
    due = NoticeRow.objects.filter(state="queued", next_attempt_at__lte=now)
    return due.exists() and not is_paused(at=now, setting=query.setting)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeWasInterrupted(Query[bool]):
    """Whether there is a notice whose sender died before it recorded the outcome."""


def notice_was_interrupted(_query: NoticeWasInterrupted) -> bool:
    """Whether there is one. Saves a write lock, likewise."""
    return NoticeRow.objects.filter(
        state="sending", claimed_at__lt=timezone.now() - INTERRUPTED_AFTER
    ).exists()
