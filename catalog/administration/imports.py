"""Imports in the administration: send a file, watch it, fetch what was rejected, take it back."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.administration.forms import RevertImportForm, UploadForm
from catalog.domain.import_states import ImportState
from catalog.models import ImportRemarkRow, ImportRow
from catalog.services.commands.accept_import import AcceptImport
from catalog.services.commands.revert_import import RevertImport
from catalog.services.imports.job import LARGEST_FILE, LARGEST_UPLOAD
from catalog.services.queries.get_import import GetImport
from shared_kernel.services.queries import ask
from shared_kernel.web.admin.base import CommandAdmin, refusals_added_to
from shared_kernel.web.admin.widgets import style_form
from shared_kernel.web.csv_files import csv_file
from shared_kernel.web.form_idempotency import dispatch_form

_UNFINISHED = (ImportState.QUEUED, ImportState.RUNNING, ImportState.REVERTING)
_SHOWN = 20
_WHY_KEPT = {
    "loans": "it is or was lent",
    "holds": "somebody waits for it",
    "changed": "it, or its copies, were changed since",
}


class ImportAdmin(CommandAdmin[ImportRow]):
    """Files that were sent to be imported."""

    read_scope = "catalog:read"
    write_scope = "catalog:write"
    largest_body = LARGEST_UPLOAD
    add_form = UploadForm
    list_display = (
        *("name", "format", "state", "progress", "created", "updated", "unchanged", "rejected"),
        "created_at",
    )
    list_filter = ("state", "format")
    search_fields = ("name",)
    date_hierarchy = "created_at"
    change_form_template = "catalog/admin/import.html"
    change_list_template = "catalog/admin/imports.html"
    fieldsets = (
        (None, {"fields": ("name", "state", "failure", "progress", "to_do")}),
        (
            "What became of the records",
            {"fields": ("created", "copies", "updated", "unchanged", "rejected", "said")},
        ),
        ("Taken back", {"fields": ("removed", "kept", "kept_books")}),
        ("The file", {"fields": ("format", "encoding", "size", "created_at", "finished_at", "id")}),
    )
    readonly_fields = ("progress", "said", "kept_books", "to_do")

    def add(self, request: HttpRequest, data: dict[str, Any]) -> object:  # the form's values
        """Take the file in."""
        file = data["file"]
        content = file.read(LARGEST_FILE + 1)
        return dispatch_form(
            request, AcceptImport(name=file.name, content=content, encoding=data["encoding"])
        )

    def progress(self, row: ImportRow) -> SafeString | str:
        """How far it is, or how far it is taken back."""
        bar = '<progress max="{0}" value="{1}" aria-label="Progress"></progress> {1} of {2}{0} {3}'
        if row.state == ImportState.REVERTING:
            return format_html(bar, row.created, row.removed + row.kept, "", "books taken back or kept")
        if not row.total or row.state not in _UNFINISHED:
            return f"{row.handled} records"
        return format_html(bar, row.total, min(row.handled, row.total), "about ", "records")

    @admin.display(description="Rejected, or imported in part")
    def said(self, row: ImportRow) -> SafeString | str:
        """The first records that were rejected, or of which something was left out."""
        remarks = row.remarks.all()[:_SHOWN]
        lines = format_html_join("", "<li>Record {}: {}</li>", ((it.number, it.reason) for it in remarks))
        if not lines:
            return "nothing"
        listed, themselves = self.page_address("rejected", row.pk), ""
        if row.originals.exists():
            link = ' · <a href="{}" download>The rejected records, to be mended and imported again</a>'
            themselves = format_html(link, reverse("import-rejected", args=[row.pk]))
        all_of_them = '<ol>{}</ol><a href="{}" download>All of them, as CSV</a>{}'
        return format_html(all_of_them, lines, listed, themselves)

    @admin.display(description="Books kept, and why")
    def kept_books(self, row: ImportRow) -> SafeString | str:
        """The Books that a revert has left, and why."""
        kept = ask(GetImport(import_id=row.id)).kept[:_SHOWN]
        books = ((_book(self, it.book), it.title, _WHY_KEPT[it.reason]) for it in kept)
        lines = format_html_join("", '<li><a href="{}">{}</a>: {}</li>', books)
        return format_html("<ul>{}</ul>", lines) if lines else "none"

    def to_do(self, row: ImportRow) -> SafeString | str:
        """The command for this import."""
        if row.state not in {ImportState.DONE, ImportState.FAILED}:
            return "nothing"
        return format_html('<a href="{}">Take it back…</a>', self.page_address("revert", row.pk))

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # a template's
    ) -> HttpResponse:
        """The list, which looks again by itself while something goes on."""
        going_on = ImportRow.objects.filter(state__in=_UNFINISHED).exists()
        return super().changelist_view(request, {**(extra_context or {}), "going_on": going_on})

    def get_urls(self) -> list[URLPattern]:
        """The usual pages, one to revert an import, and what was rejected as a file."""
        revert = self.admin_site.admin_view(self.revert_view)
        rejected = self.admin_site.admin_view(self.rejected_view)
        return [
            path("<id:id>/revert/", revert, name="catalog_importrow_revert"),
            path("<id:id>/rejected.csv", rejected, name="catalog_importrow_rejected"),
            *super().get_urls(),
        ]

    def revert_view(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """RevertImport, once somebody is sure."""
        row = self.row_to_change(request, id)
        form = RevertImportForm(request.POST or None)
        if form.is_valid():
            with refusals_added_to(form):
                reverted = dispatch_form(request, RevertImport(import_id=id))
                done = f"{reverted.removed} books removed, {reverted.kept_count} kept so far."
                self.message_user(request, done, messages.SUCCESS)
                return HttpResponseRedirect(self.page_address("change", id))
        style_form(form)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Take {row.name} back",
            "opts": self.opts,
            "form": form,
            "rows": [(row.pk, f"{row.name}: {row.created} books made")],
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "ask.html", context)

    def rejected_view(self, request: HttpRequest, id: UUID) -> StreamingHttpResponse:
        """The records that were rejected, or of which something was left out, for a spreadsheet."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = _found(id)
        heads = ("record", "outcome", "reason")
        return csv_file(f"rejected-{id}.csv", heads, _rejected(row.remarks.all()))


def _found(id: UUID) -> ImportRow:
    row = ImportRow.objects.filter(id=id).first()
    if row is None:
        raise Http404
    return row


def _rejected(remarks: QuerySet[ImportRemarkRow]) -> Iterator[tuple[int, str, str]]:
    for each in remarks.order_by("number", "id").iterator(chunk_size=1000):
        outcome = "rejected" if each.rejected else "imported, something left out"
        yield each.number, outcome, each.reason


def _book(site: ImportAdmin, id: UUID) -> str:
    return reverse(f"{site.admin_site.name}:catalog_bookrow_change", args=[id])
