"""Returns in the administration."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest

from lending.administration.filters import BranchFilter
from lending.administration.loan_search import LoanSearchAdmin
from lending.models import LoanRow, ReturnRow
from lending.services.commands.return_book import ReturnBook
from shared_kernel.web.form_idempotency import dispatch_form


class AddReturnForm(forms.Form):
    """Return a copy."""

    copy_barcode = forms.CharField(max_length=64, label="Copy's barcode")


class ReturnAdmin(LoanSearchAdmin[ReturnRow]):
    """Returned loans. Adding one returns a copy."""

    add_form = AddReturnForm
    list_display = ("title", "barcode", "borrowed_at", "due_at", "returned_at")
    list_filter = (BranchFilter,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnRow]:
        """Only returned loans."""
        return super().get_queryset(request).filter(state=LoanRow.State.RETURNED)

    def add(self, request: HttpRequest, data: dict[str, Any]) -> object:  # the form's values
        """Return the copy."""
        return dispatch_form(request, ReturnBook(**data))
