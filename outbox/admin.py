"""Event delivery for operators: looking, and replaying what got stuck. It never shows who borrowed what."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from outbox.models import InboxReceipt, OutboxMessage, QuarantinedMessage
from outbox.quarantine import ReplayQuarantine
from shared_kernel.web.admin_base import CommandAdmin, ReadOnlyAdmin, with_id


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin[OutboxMessage]):
    """Events on their way out."""

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
    # Without the payload: whoever runs the system does not read who borrowed what.
    fields = (*list_display, "event_id", "retry_at", "failure")

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002  Django passes it
        queryset: QuerySet[OutboxMessage],
        search_term: str,
    ) -> tuple[QuerySet[OutboxMessage], bool]:
        """Those with this id: Django would compare it with the text of every id there is."""
        return with_id(queryset, search_term, "event_id", "aggregate_id"), False


@admin.register(InboxReceipt)
class InboxReceiptAdmin(ReadOnlyAdmin[InboxReceipt]):
    """Which events which context has received."""

    read_scope = "operations"
    list_display = ("id", "consumer", "event_id", "received_at")
    ordering = ("-id",)
    search_fields = ("event_id",)
    search_help_text = "An event's id"

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002  Django passes it
        queryset: QuerySet[InboxReceipt],
        search_term: str,
    ) -> tuple[QuerySet[InboxReceipt], bool]:
        """Those with this id."""
        return with_id(queryset, search_term, "event_id"), False


@admin.register(QuarantinedMessage)
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
        """Replay the chosen messages, each by itself."""
        self.run_each(request, messages.order_by("id"), lambda message: ReplayQuarantine(message=message.pk))
