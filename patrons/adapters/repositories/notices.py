"""Notices in Django's database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db.models import Case, F, Value, When

from patrons.domain.notice import EMAIL, NoticeState
from patrons.models import ChannelPauseRow, NoticeRow
from patrons.services.backlog import is_paused
from patrons.services.ports import ClaimedNotice, KeptLetter, Params
from shared_kernel.services.request_context import current_context
from shared_kernel.sql.queries import CompiledQuery, Param
from shared_kernel.sql.writes import insert

_WITHDRAWN = NoticeState.WITHDRAWN.value
_UNSETTLED = (NoticeState.QUEUED, NoticeState.SENDING, NoticeState.AMBIGUOUS, NoticeState.FAILED)
_MAY_HAVE_ARRIVED = {NoticeState.SENDING, NoticeState.ACCEPTED, NoticeState.AMBIGUOUS}


class DjangoNotices:
    """Notices, one row each. Every process that sends takes its own by locking the row for a moment."""

    def queue(
        self,
        *,
        event_id: UUID,
        kind: str,
        patron: UUID,
        params: Params,
        at: datetime,
        about: UUID | None = None,
    ) -> None:
        """Queue a notice, unless it was for this very event and kind. `about` is an id: what it is about."""
        notice = {
            "id": uuid4(),
            "event_id": event_id,
            "kind": kind,
            "channel": EMAIL,
            "patron_id": patron,
            "about_id": about,
            "correlation_id": current_context().correlation_id,
            "params": dict(params),
            "owed_at": at,
            "next_attempt_at": at,
        }
        insert(NoticeRow, notice, on_conflict="ON CONFLICT DO NOTHING")

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

    def record_outcome(
        self,
        id: UUID,
        *,
        attempt: int,
        state: NoticeState,
        at: datetime,
        retry_at: datetime,
        provider_id: str,
        failure: str,
        letter: KeptLetter | None = None,
    ) -> None:
        """Put down how an attempt ended; what comes late corrects an attempt that was given up as cut off."""
        attempted = NoticeRow.objects.filter(
            id=id, attempts=attempt, state__in=[NoticeState.SENDING, NoticeState.AMBIGUOUS]
        )
        again = state == NoticeState.QUEUED
        ended: dict[str, object] = {"provider_id": provider_id[:200], "failure": failure[:200]}
        if letter:
            ended |= {
                "letter_subject": letter.subject,
                "letter_text": letter.text,
                "language": letter.language,
            }
        attempted.update(
            state=Case(When(untrue_at__isnull=False, then=Value(_WITHDRAWN)), default=Value(state.value))
            if again
            else state,
            next_attempt_at=retry_at if again else F("next_attempt_at"),
            finished_at=Case(When(untrue_at__isnull=False, then=Value(at)), default=None) if again else at,
            **ended,
        )

    def mark_interrupted(self, *, claimed_before: datetime, at: datetime) -> int:
        """Mark as ambiguous the notices that have been sending since before an instant; return how many."""
        return NoticeRow.objects.filter(state=NoticeState.SENDING, claimed_at__lt=claimed_before).update(
            state=NoticeState.AMBIGUOUS, finished_at=at, failure="the sender was cut off"
        )

    def requeue(self, id: UUID, *, at: datetime) -> bool:
        """Queue what is ambiguous or failed once more; False for anything else, and for what is untrue."""
        ended = NoticeRow.objects.filter(id=id, state__in=[NoticeState.AMBIGUOUS, NoticeState.FAILED])
        true = ended.filter(untrue_at=None)
        return bool(true.update(state=NoticeState.QUEUED, next_attempt_at=at, finished_at=None))

    def withdraw(self, *, about: UUID, kinds: Collection[str], at: datetime) -> None:
        """Send nothing of this about it from now on: what is under way is withdrawn if it has to wait again.

        One statement, since a sender may put a notice back into the queue between two. Mostly there is
        nothing to withdraw, which is found out at a fraction of what that statement costs.
        """
        if not any(kind in kinds for (kind,) in _unsettled_kinds(about_id=about)):
            return
        unsettled = _unsettled.filter(about_id=about, kind__in=kinds)
        queued = When(state=NoticeState.QUEUED, then=Value(_WITHDRAWN))
        unsettled.update(
            state=Case(queued, default=F("state")),
            finished_at=Case(When(state=NoticeState.QUEUED, then=Value(at)), default=F("finished_at")),
            untrue_at=at,
        )

    def states_since(self, instant: datetime, *, patron: UUID, kind: str) -> Sequence[str]:
        """The states of a patron's notices of this kind that were queued since an instant."""
        owed = NoticeRow.objects.filter(patron_id=patron, kind=kind, owed_at__gt=instant)
        return list(owed.order_by().values_list("state", flat=True))

    def was_sent(self, patron: UUID, *, about: UUID, kinds: Collection[str]) -> bool:
        """Whether the latest notice of these kinds about this went out, or may have."""
        told = NoticeRow.objects.filter(patron_id=patron, about_id=about, kind__in=kinds)
        latest = told.order_by("-owed_at", "id").values_list("state", flat=True).first()
        return latest in _MAY_HAVE_ARRIVED

    def forget(self, patron: UUID, *, at: datetime) -> Sequence[UUID]:
        """Redact all notices of a patron and withdraw the unsent; return their ids.

        `provider_id` goes too: by it the provider knows whom it wrote to.
        """
        owed = NoticeRow.objects.filter(patron_id=patron)
        owed.update(params={}, provider_id="", failure="", letter_subject="", letter_text="")
        owed.exclude(state=NoticeState.ACCEPTED).update(state=NoticeState.WITHDRAWN, finished_at=at)
        return list(owed.values_list("id", flat=True))

    def pause(self, *, until: datetime, reason: str, setting: str) -> None:
        """Send nothing with this setting of the mailer until then."""
        ChannelPauseRow.objects.update_or_create(
            channel=EMAIL, defaults={"until": until, "reason": reason[:200], "setting": setting}
        )

    def paused(self, *, at: datetime, setting: str) -> bool:
        """Whether sending with this setting of the mailer is paused."""
        return is_paused(at=at, setting=setting)


_unsettled = NoticeRow.objects.filter(state__in=_UNSETTLED).order_by()
_unsettled_kinds: CompiledQuery[tuple[str]] = CompiledQuery(
    lambda: _unsettled.filter(about_id=Param(NoticeRow, "about_id")).values_list("kind")
)
