"""What became of the letters, in the administration; and why none is being sent, if none is."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from patrons.bootstrap import mailer
from patrons.domain.notice import NoticeState
from patrons.models import ChannelPauseRow, NoticeRow
from patrons.services.backlog import notice_backlog
from patrons.services.commands.resend_notice import ResendNotice
from patrons.services.queries.letters import ShowLetter
from shared_kernel.services.queries import ask
from shared_kernel.web.access import principal
from shared_kernel.web.admin.base import CommandAdmin, ReadOnlyAdmin

#: Shows who borrowed what, which operators need not see.
_PRIVATE = ("patron_id", "about_id", "params", "letter")


class AttentionFilter(admin.SimpleListFilter):
    """What waits for somebody to decide on it."""

    title = "attention"
    parameter_name = "attention"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:  # any admin
        """The one choice there is."""
        return [("needed", "Ambiguous or failed")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[NoticeRow]) -> QuerySet[NoticeRow]:
        """The rows of the choice made."""
        needed = queryset.filter(state__in=[NoticeState.AMBIGUOUS, NoticeState.FAILED])
        return needed if self.value() == "needed" else queryset


class NoticeAdmin(CommandAdmin[NoticeRow]):
    """What became of the notices. Whoever runs the system needs that, and not who borrowed what."""

    read_scope = ("circulation:read", "operations")
    write_scope = "operations"
    list_display = ("id", "kind", "language", "state", "attempts", "owed_at", "next_attempt_at", "failure")
    list_filter = ("state", AttentionFilter, "kind", "language")
    search_fields = ("=id", "=event_id", "=provider_id")
    search_help_text = "The id of the notice, of its event, or the mail service's"
    date_hierarchy = "owed_at"
    list_before_template = "patrons/admin/backlog.html"
    fields = (
        *("letter", "kind", "state", "failure", "send_again_link", "language", "attempts", "owed_at"),
        *("next_attempt_at", "claimed_at", "finished_at", "untrue_at", "patron_id", "about_id", "params"),
        *("channel", "event_id", "correlation_id", "provider_id", "id"),
    )
    readonly_fields = ("letter", "send_again_link")
    actions = ("send_again",)

    def get_fields(self, request: HttpRequest, obj: NoticeRow | None = None) -> tuple[str, ...]:  # noqa: ARG002  Django passes it
        """What this login may see: who borrowed what is the desk's to know alone."""
        hidden = set() if principal(request).may("circulation:read") else set(_PRIVATE)
        if not self.has_write_permission(request):
            hidden.add("send_again_link")
        return tuple(name for name in self.fields if name not in hidden)

    extra_lookups = ("patron_id__exact",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether a list may be narrowed so: to one patron's letters by those who may know of them."""
        if lookup == "patron_id__exact":
            return principal(request).may("circulation:read")
        return super().lookup_allowed(lookup, value, request)

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # a template's
    ) -> HttpResponse:
        """The list, with how many notices are in which state above it."""
        shown: dict[str, Any] = {}
        if self.has_view_permission(request):
            shown["backlog"] = notice_backlog(at=timezone.now(), setting=mailer().setting)
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    @admin.display(description="letter")
    def letter(self, row: NoticeRow) -> str:
        """The letter in words."""
        letter = ask(ShowLetter(notice=row.id))
        if letter is None:
            return "There is none: it was withdrawn, or nothing is known of it any more."
        what = "As it was sent" if row.letter_text else "As it would be sent now"
        shown = '<p>{}:</p><p><strong>{}</strong></p><div style="white-space: pre-line">{}</div>'
        return format_html(shown, what, letter.subject, letter.text)

    @admin.display(description="send again")
    def send_again_link(self, row: NoticeRow) -> str:
        """Where to have it sent again, if it can be."""
        is_over = row.state in {NoticeState.AMBIGUOUS, NoticeState.FAILED}
        if not is_over:
            return "–"
        if row.untrue_at:
            return "Not any more: what it tells isn't true now."
        name = f"{self.admin_site.name}:patrons_noticerow_send_again"
        return format_html('<a href="{}">Send it again…</a>', reverse(name, args=[row.pk]))

    def get_urls(self) -> list[URLPattern]:
        """The usual pages, and one to send a notice again from."""
        view = self.admin_site.admin_view(self.send_again_view)
        return [path("<id:id>/send-again/", view, name="patrons_noticerow_send_again"), *super().get_urls()]

    def send_again_view(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """Ask whether to send it again, then do."""
        if not self.has_write_permission(request):
            raise PermissionDenied
        row = NoticeRow.objects.filter(id=id).first()
        if row is None:
            raise Http404
        if request.method == "POST":
            self.run_each(request, [row], lambda row: ResendNotice(notice=row.id))
            name = f"{self.admin_site.name}:patrons_noticerow_change"
            return HttpResponseRedirect(reverse(name, args=[id]))
        return self._ask_about(request, row)

    @admin.action(description="Send again (it may arrive twice)")
    def send_again(self, request: HttpRequest, rows: QuerySet[NoticeRow]) -> None:
        """Queue ambiguous or failed notices anew."""
        self.run_each(request, rows, lambda row: ResendNotice(notice=row.id))

    def _ask_about(self, request: HttpRequest, row: NoticeRow) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Send the letter again",
            "opts": self.opts,
            "row": row,
        }
        return TemplateResponse(request, "patrons/admin/send_again.html", context)


class ChannelPauseAdmin(ReadOnlyAdmin[ChannelPauseRow]):
    """Why nothing is being sent, if nothing is."""

    read_scope = "operations"
    list_display = ("channel", "until", "reason")
