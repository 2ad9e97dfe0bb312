"""Filters whose choices cost nothing to list, however many loans there are."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from lending.models import BranchRow


class BranchFilter(admin.SimpleListFilter):
    """One branch of those there are; Django would look for them in every row."""

    title = "branch"
    parameter_name = "branch"

    def lookups(self, _request: HttpRequest, _model_admin: object) -> list[tuple[str, str]]:
        """The branches by name."""
        return [(branch.code, branch.name) for branch in BranchRow.objects.order_by("name")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # loans or uses
        """What happened there."""
        return queryset.filter(branch=self.value()) if self.value() else queryset
