"""Messages that no consumer could handle: looking at them, and handling them once the cause is mended."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from outbox.inbox import Inbox, explain
from outbox.models import QuarantinedMessage
from outbox.subscriptions import subscriptions
from shared_kernel.domain.errors import NotFound, Refusal
from shared_kernel.services.bus import Command, Query, Result, UnitOfWork
from shared_kernel.services.request_context import bind_audit_subjects


class NotInQuarantine(NotFound):
    message = "Message {message} is not in quarantine."


class ReplayedBefore(Refusal):
    code = "already_replayed"
    message = "This message was already replayed on {replayed_at}."


class StillUnhandled(Refusal):
    code = "still_unhandled"
    message = "The message failed again: {reason}."


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineView(Result):
    """A quarantined message; `digest` is the SHA-256 of what was received, in hex."""

    id: int
    consumer: str
    event: UUID | None
    type: str
    reason: str
    digest: str
    arrived_at: datetime
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayQuarantine(Command[QuarantineView]):
    """Handle a quarantined message again. Its effect, if it has had none yet, and its end come together."""

    message: int


def replay_quarantine(command: ReplayQuarantine, _work: UnitOfWork) -> QuarantineView:
    """Raises NotInQuarantine, ReplayedBefore, and StillUnhandled with the reason."""
    message = QuarantinedMessage.objects.select_for_update().filter(id=command.message).first()
    if message is None:
        raise NotInQuarantine(message=command.message)
    bind_audit_subjects(quarantined=message.id, event=message.event_id or "unknown")
    if message.replayed_at:
        raise ReplayedBefore(replayed_at=message.replayed_at.isoformat())
    inbox = Inbox(message.consumer, subscriptions().get(message.consumer, {}))
    arrival = inbox.open(bytes(message.payload))
    if flaw := arrival.flaw or inbox.reuse(arrival):
        raise StillUnhandled(reason=flaw)
    try:
        inbox.take_together([arrival])
    except Exception as error:  # whatever a subscriber raises is the reason
        raise StillUnhandled(reason=explain(error)) from error
    message.replayed_at = timezone.now()
    message.save(update_fields=["replayed_at"])
    return _view(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuarantine(Query[list[QuarantineView]]):
    """Which messages wait in quarantine? Oldest first."""


def list_quarantine(_query: ListQuarantine) -> list[QuarantineView]:
    """Those that were not replayed."""
    waiting = QuarantinedMessage.objects.filter(replayed_at=None).defer("payload").order_by("id")
    return [_view(message) for message in waiting]


def _view(message: QuarantinedMessage) -> QuarantineView:
    return QuarantineView(
        id=message.pk,
        consumer=message.consumer,
        event=message.event_id,
        type=message.type,
        reason=message.reason,
        digest=message.digest,
        arrived_at=message.arrived_at,
        replayed_at=message.replayed_at,
    )
