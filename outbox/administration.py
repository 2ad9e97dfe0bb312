"""Event delivery in the Django admin, for operators. Payloads are hidden: they say who borrowed what."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from outbox.models import InboxEntry, OutboxMessage, QuarantinedMessage
from outbox.quarantine import ReplayQuarantine
from shared_kernel.web.admin.base import CommandAdmin, ReadOnlyAdmin, filter_by_id


class OutboxMessageAdmin(ReadOnlyAdmin[OutboxMessage]):
    """Events in the outbox."""

    read_scope = "operations"
    list_display = (
        "id",
        "type",
        "aggregate_id",
        "aggregate_version",
        "recorded_at",
        "published_at",
        "attempts",
    )
    ordering = ("-id",)
    list_filter = (("published_at", admin.EmptyFieldListFilter),)
    search_fields = ("event_id", "aggregate_id")
    search_help_text = "An aggregate's id, or an event's id"
    # Without the payload, which says who borrowed what.
    fields = (*list_display, "event_id", "retry_at", "failure")

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002  Django passes it
        queryset: QuerySet[OutboxMessage],
        search_term: str,
    ) -> tuple[QuerySet[OutboxMessage], bool]:
        """Search by exact id, which uses an index; Django would compare the text of every id."""
        return filter_by_id(queryset, search_term, "event_id", "aggregate_id"), False


class InboxEntryAdmin(ReadOnlyAdmin[InboxEntry]):
    """The events that each context has received."""

    read_scope = "operations"
    list_display = ("id", "consumer", "event_id", "received_at")
    ordering = ("-id",)
    search_fields = ("event_id",)
    search_help_text = "An event's id"

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002  Django passes it
        queryset: QuerySet[InboxEntry],
        search_term: str,
    ) -> tuple[QuerySet[InboxEntry], bool]:
        """Search by exact id."""
        return filter_by_id(queryset, search_term, "event_id"), False


class QuarantinedMessageAdmin(CommandAdmin[QuarantinedMessage]):
    """Messages that could not be handled."""

    read_scope = "operations"
    write_scope = "operations"
    list_display = ("id", "consumer", "type", "event_id", "reason", "arrived_at", "replayed_at")
    list_filter = ("consumer", ("replayed_at", admin.EmptyFieldListFilter))
    fields = ("consumer", "event_id", "type", "reason", "digest", "arrived_at", "replayed_at")
    actions = ("replay",)

    @admin.action(description="Handle again")
    def replay(self, request: HttpRequest, messages: QuerySet[QuarantinedMessage]) -> None:
        """Replay each of the selected messages."""
        self.run_each(request, messages.order_by("id"), lambda message: ReplayQuarantine(message=message.pk))
