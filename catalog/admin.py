"""The catalogue in the administration: look at Books and Copies, add them through commands."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from catalog.models import BookRow, BorrowingCountRow, CopyRow
from catalog.services.commands.add_book import AddBook
from catalog.services.commands.add_copy import DEFAULT_BRANCH, DEFAULT_ITEM_TYPE, AddCopy
from catalog.services.search import books_found
from shared_kernel.domain.money import InvalidMoney, Money
from shared_kernel.services.commands import dispatch
from shared_kernel.web.admin import CommandAdmin, ReadOnlyAdmin


class LinesField(forms.CharField):
    """Several texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> Any:  # Django knows strings only
        """The lines that say something."""
        return tuple(line for line in super().clean(value).splitlines() if line.strip())


class PriceField(forms.DecimalField):
    """An amount in the library's currency."""

    def clean(self, value: Any) -> Any:  # Django knows numbers only
        """The amount as money."""
        amount = super().clean(value)
        try:
            return None if amount is None else Money(amount, settings.CURRENCY)
        except InvalidMoney as invalid:
            raise forms.ValidationError(invalid.detail) from None


class AddBookForm(forms.Form):
    """Add a Book."""

    title = forms.CharField(max_length=1000)
    authors = LinesField(help_text="One a line.")
    isbn = forms.CharField(max_length=100, required=False, empty_value=None, label="ISBN")
    year = forms.IntegerField(required=False)
    language = forms.CharField(
        max_length=35, required=False, empty_value=None, help_text="Such as en: ISO 639."
    )
    publisher = forms.CharField(max_length=1000, required=False, empty_value=None)
    subjects = LinesField(required=False, help_text="One a line.")
    copies = forms.IntegerField(min_value=0, max_value=100, initial=1, help_text="To add along with it.")


class AddCopyForm(forms.Form):
    """Add a Copy."""

    book = forms.UUIDField(help_text="The Book's id.")
    barcode = forms.CharField(
        max_length=100, required=False, empty_value=None, help_text="Made up if left empty."
    )
    item_type = forms.CharField(max_length=100, initial=DEFAULT_ITEM_TYPE)
    branch = forms.CharField(max_length=100, initial=DEFAULT_BRANCH)
    price = PriceField(required=False, help_text=f"Of replacing it, in {settings.CURRENCY}.")


@admin.register(BookRow)
class BookAdmin(CommandAdmin[BookRow]):
    read_scope = "catalog:read"
    write_scope = "catalog:write"
    add_form = AddBookForm
    list_display = ("title", "main_author", "year", "language", "isbn", "id")
    list_filter = ("language",)
    search_fields = ("search_text",)
    search_help_text = "Beginnings of words of title, authors and subjects, or an ISBN"
    fields = (
        "id",
        "title",
        "authors",
        "isbns",
        "year",
        "language",
        "publisher",
        "subjects",
        "added_at",
        "version",
    )

    @admin.display(description="Author", ordering=None)
    def main_author(self, row: BookRow) -> str:
        """The first of the authors."""
        return str(row.authors[0])

    @admin.display(description="ISBN")
    def isbn(self, row: BookRow) -> str:
        """The Book's own ISBN."""
        return str(row.isbns[0]) if row.isbns else ""

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[BookRow], search_term: str
    ) -> tuple[QuerySet[BookRow], bool]:
        """Search as the catalogue does."""
        return (queryset.filter(books_found(search_term)) if search_term.strip() else queryset), False

    def add(self, data: dict[str, Any]) -> object:  # the form's values
        """Add the Book."""
        return dispatch(AddBook(**data))


@admin.register(CopyRow)
class CopyAdmin(CommandAdmin[CopyRow]):
    read_scope = "catalog:read"
    write_scope = "catalog:write"
    add_form = AddCopyForm
    list_display = ("barcode", "book", "item_type", "branch", "condition")
    list_filter = ("condition", "item_type", "branch")
    list_select_related = ("book",)
    search_fields = ("barcode__istartswith", "book__title__icontains")

    def add(self, data: dict[str, Any]) -> object:  # the form's values
        """Add the Copy."""
        return dispatch(AddCopy(**data))


@admin.register(BorrowingCountRow)
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
