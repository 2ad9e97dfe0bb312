"""Sends what is due, one after another: claim, send with no transaction open, record."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic

import structlog
from prometheus_client import Counter

from patrons.domain.notice import NoticeState
from patrons.services.commands.claim_notice import ClaimNotice
from patrons.services.commands.mark_interrupted_notices import MarkInterruptedNotices
from patrons.services.commands.record_notice_outcome import RecordNoticeOutcome
from patrons.services.commands.send_password_link import AnswerPasswordLinkRequest
from patrons.services.mail import ChannelClosed, Letter, Mailer, NotDelivered
from patrons.services.ports import ClaimedNotice
from patrons.services.queries.notices import NoticeIsDue, NoticeWasInterrupted
from patrons.services.queries.password_links import PasswordLinkIsRequested
from shared_kernel.metrics import REGISTRY
from shared_kernel.resilience.breakers import BreakerOpen
from shared_kernel.resilience.failpoints import failpoint
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask
from shared_kernel.services.request_context import with_context

Compose = Callable[[ClaimedNotice], Letter]
log = structlog.get_logger(__name__)

_SENDS = Counter(
    "library_notice_sends",
    "Attempts to send a notice, by its kind and the state in which it was left.",
    ("kind", "state"),
    registry=REGISTRY,
)


class _NothingDueError(Exception):
    """Leaves the mailer's gate without counting as a success of the service."""


def answer_link_requests() -> None:
    """Look into the requests for links to set a password that wait, so that their letters are due."""
    while ask(PasswordLinkIsRequested()):
        dispatch(AnswerPasswordLinkRequest())


def deliver_due_notices(
    *, mailer: Mailer, compose: Compose, for_at_most: timedelta, stopping: Callable[[], bool] = lambda: False
) -> int:
    """Send what is due until nothing is, the service is to be left alone or the time is over.

    `for_at_most` bounds the beginning of sends; the last may take its own deadline longer. Tells how many
    attempts were made.
    """
    answer_link_requests()
    if ask(NoticeWasInterrupted()):
        log.warning("notices_cut_off", count=dispatch(MarkInterruptedNotices()))
    last_start = monotonic() + for_at_most.total_seconds()
    attempts = 0
    while monotonic() < last_start and not stopping() and ask(NoticeIsDue(setting=mailer.setting)):
        if not _deliver_next(mailer, compose):
            break
        attempts += 1
    return attempts


def _deliver_next(mailer: Mailer, compose: Compose) -> bool:
    """Whether there was one to deliver, however it ended."""
    try:
        with mailer.guarded():
            notice = dispatch(ClaimNotice(setting=mailer.setting))
            if notice is None:
                raise _NothingDueError
            failpoint("notices.after_claim")
            with with_context(**_cause(notice)):
                _deliver(notice, mailer, compose)
    except (_NothingDueError, BreakerOpen):
        return False
    except NotDelivered:
        return True
    return True


def _deliver(notice: ClaimedNotice, mailer: Mailer, compose: Compose) -> None:
    letter: Letter | None = None
    try:
        letter = compose(notice)
        provider_id = mailer.send(letter)
    except NotDelivered as outcome:
        _put_down(notice, outcome, letter, setting=mailer.setting)
        raise
    failpoint("notices.after_send")
    dispatch(
        RecordNoticeOutcome(
            notice=notice.id,
            attempt=notice.attempt,
            state=NoticeState.ACCEPTED,
            provider_id=provider_id,
            letter=letter.kept,
        )
    )
    _SENDS.labels(notice.kind, NoticeState.ACCEPTED.value).inc()
    log.info("notice_accepted", notice=str(notice.id), kind=notice.kind)


def _cause(notice: ClaimedNotice) -> dict[str, str]:
    """What the log's lines about this notice share with those of the request that it goes back to."""
    if not notice.correlation_id:
        return {}
    return {"correlation_id": notice.correlation_id, "causation_id": str(notice.event)}


def _put_down(notice: ClaimedNotice, outcome: NotDelivered, letter: Letter | None, *, setting: str) -> None:
    alert = isinstance(outcome, ChannelClosed) and outcome.alert
    (log.error if alert else log.warning)(
        "mail_channel_paused" if outcome.pause else "notice_not_delivered",
        notice=str(notice.id),
        state=outcome.state,
        reason=outcome.reason,
    )
    _SENDS.labels(notice.kind, outcome.state.value).inc()
    dispatch(
        RecordNoticeOutcome(
            notice=notice.id,
            attempt=notice.attempt,
            state=outcome.state,
            failure=outcome.reason,
            pause=outcome.pause,
            setting=setting,
            letter=letter.kept if letter else None,
        )
    )
