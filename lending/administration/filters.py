"""Filters of the lists of loans."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from lending.models import BranchRow, LoanRow


class BranchFilter(admin.SimpleListFilter):
    """Filters by branch. Its choices are the branches: Django would read the distinct values of all rows."""

    title = "branch"
    parameter_name = "branch"

    def lookups(self, _request: HttpRequest, _model_admin: object) -> list[tuple[str, str]]:
        """The branches by name."""
        return [(branch.code, branch.name) for branch in BranchRow.objects.order_by("name")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # loans or uses
        """The rows of the chosen branch."""
        return queryset.filter(branch=self.value()) if self.value() else queryset


class OverdueFilter(admin.SimpleListFilter):
    """Filters for loans that are overdue now, which no column says."""

    title = "overdue"
    parameter_name = "overdue"

    def lookups(self, _request: HttpRequest, _model_admin: object) -> list[tuple[str, str]]:
        """The only choice."""
        return [("yes", "Yes")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[LoanRow]) -> QuerySet[LoanRow]:
        """Only overdue loans, if chosen."""
        if self.value() != "yes":
            return queryset
        return queryset.filter(state=LoanRow.State.OPEN, due_at__lt=timezone.now())
