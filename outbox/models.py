"""Tables of the outbox, the inbox, the quarantine and the relay's lease."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, models
from django.db.models import Q
from django.utils import timezone

from outbox.envelope import write_event
from shared_kernel.domain.events import Recorded
from shared_kernel.services.request_context import current_context
from shared_kernel.sql.writes import defer_insert

MAX_REASON_LENGTH = 500
#: The payload of a redacted event: the row stays, its content is gone.
REDACTED = "{}"


class OutboxMessages(models.Manager["OutboxMessage"]):
    """Writes events into the outbox."""

    def append(self, events: Iterable[Recorded]) -> None:
        """Store events in the transaction of the change that they record."""
        context, now = current_context(), timezone.now()
        messages = []
        for recorded in events:
            event_id = uuid4()
            messages.append(
                {
                    "event_id": event_id,
                    "type": recorded.event.type,
                    "aggregate_id": recorded.event.aggregate_id,
                    "aggregate_version": recorded.version,
                    "payload": write_event(recorded, event_id=event_id, context=context),
                    "recorded_at": now,
                }
            )
        defer_insert(OutboxMessage, *messages)


class OutboxMessage(models.Model):
    """A committed event, and whether it was published."""

    event_id = models.UUIDField(unique=True)
    type = models.CharField(max_length=100)
    aggregate_id = models.UUIDField()
    aggregate_version = models.PositiveIntegerField()
    payload = models.TextField(help_text="The CloudEvents JSON, sent as it stands.")
    recorded_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0, help_text="Failures that were the message's own fault.")
    retry_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=500, blank=True)

    objects = OutboxMessages()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["aggregate_id", "aggregate_version"], name="outbox_one_event_per_version"
            ),
        )
        indexes = (
            models.Index(
                fields=["id"],
                condition=Q(published_at__isnull=True, retry_at__isnull=True),
                name="outbox_fresh",
            ),
            # The next two are empty nearly always.
            models.Index(
                fields=["retry_at"],
                condition=Q(published_at__isnull=True, retry_at__isnull=False),
                name="outbox_failing",
            ),
            models.Index(
                fields=["aggregate_id", "aggregate_version"],
                condition=Q(published_at__isnull=True, retry_at__isnull=False),
                name="outbox_failing_by_aggregate",
            ),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class InboxEntries(models.Manager["InboxEntry"]):
    """Distinguishes new events from those that a consumer has already received."""

    def insert_new(self, consumer: str, digests: Mapping[UUID, str]) -> set[UUID]:
        """Insert an entry for each event, given with its payload's digest; return the ids that are new.

        Waits for a concurrent transaction that inserts the same entry. `bulk_create(ignore_conflicts=True)`
        doesn't return which rows it inserted.
        """
        if not digests:
            return set()
        columns: list[Any] = [  # any field's
            InboxEntry._meta.get_field(name) for name in ("consumer", "event_id", "digest", "received_at")
        ]
        consumer_column, event_column, _, at_column = columns
        by = _to_db_value(consumer_column, consumer)
        now = _to_db_value(at_column, timezone.now())
        values = [
            value
            for event_id, digest in digests.items()
            for value in (by, _to_db_value(event_column, event_id), digest, now)
        ]
        row = f"({', '.join(['%s'] * len(columns))})"
        names = [connection.ops.quote_name(column.name) for column in columns]
        table = connection.ops.quote_name(InboxEntry._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(names)})"  # noqa: S608 - the names come from the model
                f" VALUES {', '.join([row] * len(digests))} ON CONFLICT DO NOTHING RETURNING {names[1]}",
                values,
            )
            return {event_column.to_python(event_id) for (event_id,) in cursor.fetchall()}


def _to_db_value(column: Any, value: object) -> Any:  # a field, which converts a value for the driver
    return column.get_db_prep_save(value, connection)


class InboxEntry(models.Model):
    """A consumer has handled an event; the row commits with the effect."""

    consumer = models.CharField(max_length=32)
    event_id = models.UUIDField()
    digest = models.CharField(
        max_length=64, help_text="SHA-256 of the payload: an id comes with one content."
    )
    received_at = models.DateTimeField(db_index=True)

    objects = InboxEntries()

    class Meta:
        db_table = "outbox_inboxreceipt"
        verbose_name_plural = "inbox entries"
        constraints = (
            models.UniqueConstraint(fields=["consumer", "event_id"], name="inbox_one_receipt_per_event"),
        )

    def __str__(self) -> str:
        return f"{self.consumer} {self.event_id}"


class QuarantinedMessages(models.Manager["QuarantinedMessage"]):
    """Stores messages that could not be handled."""

    def quarantine(
        self,
        *,
        consumer: str,
        payload: bytes,
        digest: str,
        reason: str,
        event_id: UUID | None,
        event_type: str,
    ) -> None:
        """Store a message once; one that was replayed and fails again is reopened."""
        message = QuarantinedMessage(
            consumer=consumer,
            event_id=event_id,
            type=_storable(event_type)[:100],
            reason=_storable(reason)[:MAX_REASON_LENGTH],
            digest=digest,
            payload=payload,
            arrived_at=timezone.now(),
        )
        self.bulk_create(
            [message],
            update_conflicts=True,
            unique_fields=["consumer", "digest"],
            update_fields=["reason", "arrived_at", "replayed_at"],
        )


def _storable(text: str) -> str:
    """Without the characters that PostgreSQL rejects in text: NUL and lone surrogates."""
    return text.replace("\0", "").encode(errors="replace").decode()


class QuarantinedMessage(models.Model):
    """A message that a consumer could not handle, kept until it is replayed."""

    consumer = models.CharField(max_length=32)
    event_id = models.UUIDField(null=True)
    type = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=500)
    digest = models.CharField(max_length=64)
    payload = models.BinaryField()
    arrived_at = models.DateTimeField()
    replayed_at = models.DateTimeField(null=True)

    objects = QuarantinedMessages()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["consumer", "digest"], name="quarantine_each_message_once"),
        )

    def __str__(self) -> str:
        return f"{self.consumer} {self.type or self.digest}"


class RelayLease(models.Model):
    """The relay's lock on a database without advisory locks (SQLite): one row, one holder."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    holder = models.UUIDField()
    held_until = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.holder)
