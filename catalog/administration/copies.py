"""Copies in the administration: to look at, to choose from, and put into another condition."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.administration.forms import AddCopyForm, ChangeConditionForm
from catalog.domain.copy import Condition
from catalog.models import BookRow, CopyRow
from catalog.services.commands.add_copy import AddCopy
from catalog.services.commands.change_copy_condition import ChangeCopyCondition
from catalog.services.prices import stored_price
from catalog.services.search.matches import matches_text
from shared_kernel.web.admin.action_forms import ActionFormAdmin, bound_form
from shared_kernel.web.admin.autocomplete import AutocompleteAdmin
from shared_kernel.web.admin.timeline import TimelineLinkMixin
from shared_kernel.web.form_idempotency import dispatch_form


class CopyAdmin(TimelineLinkMixin, ActionFormAdmin[CopyRow], AutocompleteAdmin[CopyRow]):
    timeline_of = "copy"
    read_scope = "catalog:read"
    write_scope = "catalog:write"
    choice_key = "barcode"
    add_form = AddCopyForm
    list_display = ("barcode", "book", "item_type", "branch", "condition", "condition_reason")
    list_filter = ("condition", "item_type", "branch")
    list_select_related = ("book",)
    search_fields = ("barcode",)
    search_help_text = "The beginning of a barcode, or what the catalogue is searched by"
    fields = (
        "barcode",
        "book",
        "item_type",
        "branch",
        "condition",
        "condition_reason",
        "to_do",
        "price",
        "version",
        "id",
    )
    readonly_fields = ("to_do", "price")
    actions = ("change_condition",)

    @admin.display(description="Replacement price")
    def price(self, row: CopyRow) -> str:
        """What replacing it costs."""
        price = stored_price(row.price_minor, row.price_currency)
        return "nobody has said" if price is None else f"{price.amount} {price.currency}"

    @admin.display(description="To do")
    def to_do(self, row: CopyRow) -> SafeString:
        """The command for this Copy."""
        return format_html('<a href="{}">Change condition</a>', self.page_address("condition", row.pk))

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[CopyRow], search_term: str
    ) -> tuple[QuerySet[CopyRow], bool]:
        """By barcode, or by Book as the catalogue is searched."""
        if not search_term.strip():
            return queryset, False
        books = BookRow.objects.filter(matches_text(search_term)).values("id")
        return queryset.filter(Q(barcode__startswith=search_term.strip()) | Q(book__in=books)), False

    def add(self, request: HttpRequest, data: dict[str, Any]) -> object:  # the form's values
        """Add the Copy."""
        return dispatch_form(request, AddCopy(**{**data, "book": data["book"].id}))

    def get_urls(self) -> list[URLPattern]:
        """The usual pages, and one to change a Copy's condition."""
        view = self.admin_site.admin_view(self.condition_view)
        return [path("<id:id>/condition/", view, name="catalog_copyrow_condition"), *super().get_urls()]

    def condition_view(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """ChangeCopyCondition's form."""
        row = self.row_to_change(request, id)
        return self.change_by_form(
            request,
            row,
            ChangeConditionForm(request.POST or None, initial={"condition": row.condition}),
            lambda values: ChangeCopyCondition(barcode=row.barcode, **values),
            title=f"Change the condition of {row.barcode}",
            done="The copy's condition was changed.",
        )

    @admin.action(description="Change condition…")
    def change_condition(self, request: HttpRequest, rows: QuerySet[CopyRow]) -> HttpResponse | None:
        """Ask for the condition and the reason, then put each of them into it."""
        form = bound_form(ChangeConditionForm, request)
        return self.ask(
            request, rows, form, lambda row, said: ChangeCopyCondition(barcode=row.barcode, **said)
        )

    def choice_text(self, row: CopyRow) -> str:
        """The barcode, what it is on, and what keeps it from being lent."""
        hindrance = "" if row.condition == Condition.IN_SERVICE else f" ({row.condition.replace('_', ' ')})"
        return f"{row.barcode}: {row.book}{hindrance}"

    def told(self, row: CopyRow) -> str:
        """The barcode and what it is on."""
        return f"{row.barcode}: {row.book}"
