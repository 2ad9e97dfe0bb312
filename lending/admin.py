"""Lending in the administration: look at loans, lend and take back through commands."""

from typing import Any, TypeVar

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils import timezone

from lending.administration.branches import BranchAdmin
from lending.administration.filters import BranchFilter
from lending.administration.matrix import MatrixAdmin
from lending.administration.privacy import privacy_page
from lending.administration.reports import ReportAdmin
from lending.models import (
    BranchRow,
    CirculationRuleRow,
    HoldRow,
    InHouseUseRow,
    LoanRow,
    ReportRow,
    ReturnRow,
)
from lending.services.commands.borrow_book import BorrowBook
from lending.services.commands.return_book import ReturnBook
from lending.services.queries.lookups import PatronOfCard
from shared_kernel.services.queries import ask
from shared_kernel.web.admin_base import CommandAdmin, ReadOnlyAdmin
from shared_kernel.web.admin_timeline import WithTimeline
from shared_kernel.web.autocomplete import AutocompleteInput
from shared_kernel.web.form_keys import dispatch_form

L = TypeVar("L", bound=LoanRow)


class LendForm(forms.Form):
    """Lend a copy."""

    patron_card = forms.CharField(
        max_length=64,
        label="Patron's card",
        widget=AutocompleteInput("admin:patrons_patronrow_choices"),
        help_text="Search by name, address or card.",
    )
    copy_barcode = forms.CharField(
        max_length=64,
        label="Copy's barcode",
        widget=AutocompleteInput("admin:catalog_copyrow_choices"),
        help_text="Search by barcode, or by words of title and authors.",
    )


class ReturnForm(forms.Form):
    """Take a copy back."""

    copy_barcode = forms.CharField(max_length=64, label="Copy's barcode")


class OverdueFilter(admin.SimpleListFilter):
    """Loans that are overdue now: a fact of the clock, not a column."""

    title = "overdue"
    parameter_name = "overdue"

    def lookups(self, _request: HttpRequest, _model_admin: object) -> list[tuple[str, str]]:
        """The one choice there is."""
        return [("yes", "Yes")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[LoanRow]) -> QuerySet[LoanRow]:
        """Only overdue loans."""
        if self.value() != "yes":
            return queryset
        return queryset.filter(state=LoanRow.State.OPEN, due_at__lt=timezone.now())


class LoansAdmin(CommandAdmin[L]):
    """Loans, looked for by what is scanned at the desk: a copy or a card. Either is found by an index."""

    read_scope = "circulation:read"
    write_scope = "circulation:write"
    search_fields = ("barcode", "patron_id")
    search_help_text = "A copy's barcode, or a patron's card"

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002  Django passes it
        queryset: QuerySet[L],
        search_term: str,
    ) -> tuple[QuerySet[L], bool]:
        """Those of the copy, and those of the patron."""
        scanned = search_term.strip()
        if not scanned:
            return queryset, False
        patron = ask(PatronOfCard(card=scanned))
        wanted = Q(barcode=scanned) if patron is None else Q(barcode=scanned) | Q(patron_id=patron)
        return queryset.filter(wanted), False


@admin.register(LoanRow)
class LoanAdmin(WithTimeline, LoansAdmin[LoanRow]):
    timeline_of = "loan"
    add_form = LendForm
    list_display = ("title", "barcode", "state", "borrowed_at", "due_at", "returned_at")
    list_filter = ("state", OverdueFilter, BranchFilter)
    actions = ("take_back",)
    change_list_template = "lending/admin/loans.html"

    def get_urls(self) -> list[URLPattern]:
        """The usual pages, and what is remembered of whose loans were."""
        return [privacy_page(self.admin_site), *super().get_urls()]

    def add(self, request: HttpRequest, data: dict[str, Any]) -> object:  # the form's values
        """Lend."""
        return dispatch_form(request, BorrowBook(**data))

    @admin.action(description="Take the copies of these loans back")
    def take_back(self, request: HttpRequest, queryset: QuerySet[LoanRow]) -> None:
        """Return the copy of each loan."""
        self.run_each(request, queryset, lambda loan: ReturnBook(copy_barcode=loan.barcode))


@admin.register(ReturnRow)
class ReturnAdmin(LoansAdmin[ReturnRow]):
    add_form = ReturnForm
    list_display = ("title", "barcode", "borrowed_at", "due_at", "returned_at")
    list_filter = (BranchFilter,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnRow]:
        """Loans that have ended."""
        return super().get_queryset(request).filter(state=LoanRow.State.RETURNED)

    def add(self, request: HttpRequest, data: dict[str, Any]) -> object:  # the form's values
        """Take a copy back."""
        return dispatch_form(request, ReturnBook(**data))


@admin.register(InHouseUseRow)
class InHouseUseAdmin(ReadOnlyAdmin[InHouseUseRow]):
    read_scope = "circulation:read"
    list_display = ("copy_id", "branch", "used_at")
    list_filter = (BranchFilter,)


@admin.register(HoldRow)
class HoldAdmin(ReadOnlyAdmin[HoldRow]):
    read_scope = "circulation:read"
    list_display = ("title", "state", "barcode", "pickup_branch", "pickup_deadline_at", "placed_at")
    list_filter = ("state", "pickup_branch", "suspended")
    search_fields = ("barcode__exact", "title__istartswith")


admin.site.register(CirculationRuleRow, MatrixAdmin)
admin.site.register(ReportRow, ReportAdmin)
admin.site.register(BranchRow, BranchAdmin)
