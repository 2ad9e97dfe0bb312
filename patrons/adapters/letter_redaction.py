"""Redacts the letters about loans and holds that were anonymised."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from django.db.models import Case, F, Value, When

from patrons.adapters.files import letter_file
from patrons.domain.notice import NoticeState
from patrons.models import NoticeRow

_SETTLED = (NoticeState.ACCEPTED, NoticeState.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLoanLetters:
    """Notices in the database, and letters that were written into the folder `letters`."""

    letters: Callable[[], Path]

    def forget(self, about: Collection[UUID], *, at: datetime) -> int:
        """Redact the notices about these loans and holds, and withdraw the unsent; return how many.

        It remains known that the patron got a letter, and when. The event's id goes as well, since it
        leads to the loan.
        """
        notices = NoticeRow.objects.filter(about_id__in=about).order_by("id")
        for notice in notices.select_for_update():
            letter_file(self.letters(), notice.id).unlink(missing_ok=True)
            NoticeRow.objects.filter(id=notice.id).update(
                event_id=uuid4(),
                about_id=None,
                correlation_id="",
                params={},
                provider_id="",
                failure="",
                letter_subject="",
                letter_text="",
                state=Case(When(state__in=_SETTLED, then=F("state")), default=Value(NoticeState.WITHDRAWN)),
                finished_at=Case(When(state__in=_SETTLED, then=F("finished_at")), default=Value(at)),
            )
        return len(notices)
