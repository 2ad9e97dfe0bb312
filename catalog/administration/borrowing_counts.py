"""How often each Book was borrowed in a month, in the administration: read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from catalog.models import BookRow, BorrowingCountRow
from shared_kernel.web.admin.base import ReadOnlyAdmin


class BorrowingCountAdmin(ReadOnlyAdmin[BorrowingCountRow]):
    read_scope = "catalog:read"
    list_display = ("title", "month", "count")
    list_filter = ("month",)
    search_fields = ("book__title__icontains",)
    fields = ("title", "month", "count")
    readonly_fields = ("title",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BorrowingCountRow]:
        """With what each Book is called, if it is still there."""
        title = BookRow.objects.filter(id=OuterRef("book_id")).values("title")
        return super().get_queryset(request).annotate(title=Subquery(title))

    @admin.display(description="Book", empty_value="gone")
    def title(self, row: Any) -> Any:  # the annotated row and its value
        """What the Book is called."""
        return row.title
