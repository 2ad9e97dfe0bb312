"""Loans in the administration."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern

from lending.administration.filters import BranchFilter, OverdueFilter
from lending.administration.loan_anonymisation import loan_anonymisation_path
from lending.administration.loan_search import LoanSearchAdmin
from lending.models import LoanRow
from lending.services.commands.borrow_book import BorrowBook
from lending.services.commands.return_book import ReturnBook
from shared_kernel.web.admin.autocomplete import AutocompleteInput
from shared_kernel.web.admin.timeline import TimelineLinkMixin
from shared_kernel.web.form_idempotency import dispatch_form


class AddLoanForm(forms.Form):
    """Lend a copy."""

    patron_card = forms.CharField(
        max_length=64,
        label="Patron's card",
        widget=AutocompleteInput("admin:patrons_patronrow_choices"),
        help_text="Search by name, email address or card number.",
    )
    copy_barcode = forms.CharField(
        max_length=64,
        label="Copy's barcode",
        widget=AutocompleteInput("admin:catalog_copyrow_choices"),
        help_text="Search by barcode, or by words of the title or author.",
    )


class LoanAdmin(TimelineLinkMixin, LoanSearchAdmin[LoanRow]):
    """All loans. Adding one lends a copy."""

    timeline_of = "loan"
    add_form = AddLoanForm
    list_display = ("title", "barcode", "state", "borrowed_at", "due_at", "returned_at")
    list_filter = ("state", OverdueFilter, BranchFilter)
    actions = ("return_copies",)
    change_list_template = "lending/admin/loans.html"

    def get_urls(self) -> list[URLPattern]:
        """Adds the report on anonymised loans."""
        return [loan_anonymisation_path(self.admin_site), *super().get_urls()]

    def add(self, request: HttpRequest, data: dict[str, Any]) -> object:  # the form's values
        """Lend the copy."""
        return dispatch_form(request, BorrowBook(**data))

    @admin.action(description="Return the copies of these loans")
    def return_copies(self, request: HttpRequest, queryset: QuerySet[LoanRow]) -> None:
        """Return the copy of each loan."""
        self.run_each(request, queryset, lambda loan: ReturnBook(copy_barcode=loan.barcode))
