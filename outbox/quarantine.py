"""The quarantine: lists messages that could not be handled, and replays them once the cause is fixed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from outbox.inbox import Inbox, describe_error
from outbox.models import QuarantinedMessage
from outbox.subscriptions import subscriptions
from shared_kernel.domain.errors import NotFound, Refusal
from shared_kernel.services.bus import Command, Query, Result, UnitOfWork
from shared_kernel.services.request_context import bind_audit_subjects


class NotInQuarantine(NotFound):
    message = "Message {message} is not in quarantine."


class AlreadyReplayed(Refusal):
    code = "already_replayed"
    message = "This message was already replayed on {replayed_at}."


class ReplayFailed(Refusal):
    code = "still_unhandled"
    message = "The message failed again: {reason}."


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedMessageDetails(Result):
    """A quarantined message; `digest` is the SHA-256 of its payload in hex."""

    id: int
    consumer: str
    event: UUID | None
    type: str
    reason: str
    digest: str
    arrived_at: datetime
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayQuarantine(Command[QuarantinedMessageDetails]):
    """Handle a quarantined message again; it leaves the quarantine in the transaction of its effect."""

    message: int


def replay_quarantine(command: ReplayQuarantine, _work: UnitOfWork) -> QuarantinedMessageDetails:
    """Raises NotInQuarantine, AlreadyReplayed, and ReplayFailed with the reason."""
    message = QuarantinedMessage.objects.select_for_update().filter(id=command.message).first()
    if message is None:
        raise NotInQuarantine(message=command.message)
    bind_audit_subjects(quarantined=message.id, event=message.event_id or "unknown")
    if message.replayed_at:
        raise AlreadyReplayed(replayed_at=message.replayed_at.isoformat())
    inbox = Inbox(message.consumer, subscriptions().get(message.consumer, {}))
    inbound = inbox.parse(bytes(message.payload))
    if error := inbound.error or inbox.id_reuse_error(inbound):
        raise ReplayFailed(reason=error)
    try:
        inbox.handle_atomically([inbound])
    except Exception as exception:  # whatever a subscriber raises is the reason
        raise ReplayFailed(reason=describe_error(exception)) from exception
    message.replayed_at = timezone.now()
    message.save(update_fields=["replayed_at"])
    return _details(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuarantine(Query[list[QuarantinedMessageDetails]]):
    """The messages in quarantine, oldest first."""


def list_quarantine(_query: ListQuarantine) -> list[QuarantinedMessageDetails]:
    """Omits replayed messages."""
    quarantined = QuarantinedMessage.objects.filter(replayed_at=None).defer("payload").order_by("id")
    return [_details(message) for message in quarantined]


def _details(message: QuarantinedMessage) -> QuarantinedMessageDetails:
    return QuarantinedMessageDetails(
        id=message.pk,
        consumer=message.consumer,
        event=message.event_id,
        type=message.type,
        reason=message.reason,
        digest=message.digest,
        arrived_at=message.arrived_at,
        replayed_at=message.replayed_at,
    )
