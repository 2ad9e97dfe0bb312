"""Notices in Django's database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db.models import F

from patrons.domain.notice import EMAIL, NoticeState
from patrons.models import ChannelPauseRow, NoticeRow
from patrons.services.ports import ClaimedNotice, Params
from shared_kernel.services.origin import origin


class DjangoNotices:
    """Notices, one row each. Every process that sends takes its own by locking the row for a moment."""

    def owe(
        self,
        *,
        event_id: UUID,
        kind: str,
        patron: UUID,
        params: Params,
        at: datetime,
        about: UUID | None = None,
    ) -> None:
        """Queue a notice, unless it was for this very event and kind. `about` is a loan's or a hold's id."""
        notice = NoticeRow(
            id=uuid4(),
            event_id=event_id,
            kind=kind,
            channel=EMAIL,
            patron_id=patron,
            about_id=about,
            correlation_id=origin().correlation_id,
            params=dict(params),
            owed_at=at,
            next_attempt_at=at,
        )
        NoticeRow.objects.bulk_create([notice], ignore_conflicts=True)

    def claim(self, *, at: datetime) -> ClaimedNotice | None:
        """Take the notice that has been due longest and that nobody else is taking, if there is one."""
        due = NoticeRow.objects.filter(state=NoticeState.QUEUED, channel=EMAIL, next_attempt_at__lte=at)
        row = due.select_for_update(skip_locked=True).order_by("next_attempt_at", "id").first()
        if row is None:
            return None
        row.state, row.attempts, row.claimed_at = NoticeState.SENDING, row.attempts + 1, at
        row.save(update_fields=["state", "attempts", "claimed_at"])
        return ClaimedNotice(
            id=row.id,
            kind=row.kind,
            patron=row.patron_id,
            params=row.params,
            attempt=row.attempts,
            event=row.event_id,
            correlation_id=row.correlation_id,
        )

    def settle(
        self,
        id: UUID,
        *,
        attempt: int,
        state: NoticeState,
        at: datetime,
        retry_at: datetime,
        provider_id: str,
        failure: str,
    ) -> None:
        """Put down how an attempt ended; what comes late corrects an attempt that was given up as cut off."""
        NoticeRow.objects.filter(
            id=id, attempts=attempt, state__in=[NoticeState.SENDING, NoticeState.AMBIGUOUS]
        ).update(
            state=state,
            next_attempt_at=retry_at if state == NoticeState.QUEUED else F("next_attempt_at"),
            finished_at=None if state == NoticeState.QUEUED else at,
            provider_id=provider_id[:200],
            failure=failure[:200],
        )

    def settle_cut_off(self, *, claimed_before: datetime, at: datetime) -> int:
        """Make ambiguous what has been sending since before an instant; tells how many."""
        return NoticeRow.objects.filter(state=NoticeState.SENDING, claimed_at__lt=claimed_before).update(
            state=NoticeState.AMBIGUOUS, finished_at=at, failure="the sender was cut off"
        )

    def requeue(self, id: UUID, *, at: datetime) -> bool:
        """Queue what is ambiguous or failed once more; False for anything else."""
        ended = NoticeRow.objects.filter(id=id, state__in=[NoticeState.AMBIGUOUS, NoticeState.FAILED])
        return bool(ended.update(state=NoticeState.QUEUED, next_attempt_at=at, finished_at=None))

    def withdraw(self, *, about: UUID, kinds: Collection[str], at: datetime) -> None:
        """Let go of what is queued about this loan or hold: it isn't true any more."""
        untrue = NoticeRow.objects.filter(about_id=about, kind__in=kinds, state=NoticeState.QUEUED)
        untrue.update(state=NoticeState.WITHDRAWN, finished_at=at)

    def forget(self, patron: UUID, *, at: datetime) -> Sequence[UUID]:
        """Strip all of a patron's notices of what they tell, and send none of them; answers their ids.

        `provider_id` goes too: by it the provider knows whom it wrote to.
        """
        owed = NoticeRow.objects.filter(patron_id=patron)
        owed.update(params={}, provider_id="", failure="")
        owed.exclude(state=NoticeState.ACCEPTED).update(state=NoticeState.WITHDRAWN, finished_at=at)
        return list(owed.values_list("id", flat=True))

    def pause(self, *, until: datetime, reason: str) -> None:
        """Send nothing until then."""
        ChannelPauseRow.objects.update_or_create(
            channel=EMAIL, defaults={"until": until, "reason": reason[:200]}
        )

    def paused(self, *, at: datetime) -> bool:
        """Whether sending is paused."""
        return ChannelPauseRow.objects.filter(channel=EMAIL, until__gt=at).exists()
