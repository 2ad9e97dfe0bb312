"""The forms of the catalogue's commands in the administration."""

from typing import Any, Self

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect

from catalog.domain.copy import Condition
from catalog.models import BookRow, CopyRow
from catalog.services.commands.add_copy import DEFAULT_BRANCH, DEFAULT_ITEM_TYPE
from shared_kernel.domain.money import InvalidMoney, Money


class LinesField(forms.CharField):
    """Several texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> Any:  # Django knows strings only
        """The lines that say something."""
        return tuple(line for line in super().clean(value).splitlines() if line.strip())


class PriceField(forms.CharField):
    """An amount in the library's currency."""

    widget = forms.NumberInput(attrs={"step": "any", "min": 0})

    def clean(self, value: Any) -> Any:  # Django knows strings only
        """The amount as money."""
        amount = super().clean(value)
        try:
            return Money.parse(amount, settings.CURRENCY) if amount else None
        except InvalidMoney as invalid:
            raise forms.ValidationError(invalid.detail) from None


class DescriptionForm(forms.Form):
    """What a Book says about itself."""

    title = forms.CharField(max_length=1000)
    authors = LinesField(help_text="One a line.")
    isbn = forms.CharField(max_length=100, required=False, empty_value=None, label="ISBN")
    year = forms.IntegerField(required=False)
    language = forms.CharField(
        max_length=35, required=False, empty_value=None, help_text="Such as en: ISO 639."
    )
    publisher = forms.CharField(max_length=1000, required=False, empty_value=None)
    subjects = LinesField(required=False, help_text="One a line.")


class AddBookForm(DescriptionForm):
    """Add a Book."""

    copies = forms.IntegerField(min_value=0, max_value=100, initial=1, help_text="To add along with it.")


class ReviseBookForm(DescriptionForm):
    """Revise a Book; refused if somebody else has changed it since the form was opened."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    @classmethod
    def of(cls, row: BookRow) -> Self:
        """The form as the Book stands."""
        return cls(
            initial={
                "title": row.title,
                "authors": "\n".join(row.authors),
                "isbn": next(iter(row.isbns), ""),
                "year": row.year,
                "language": row.language,
                "publisher": row.publisher,
                "subjects": "\n".join(row.subjects),
                "version": row.version,
            }
        )


class AddCopyForm(forms.Form):
    """Add a Copy."""

    book = forms.ModelChoiceField(
        BookRow.objects.all(),
        widget=AutocompleteSelect(
            CopyRow._meta.get_field("book"), admin.site, attrs={"style": "width: 100%"}
        ),
        help_text="Search by words of title, authors or subjects, or by ISBN.",
        error_messages={"invalid_choice": "There is no such Book."},
    )
    barcode = forms.CharField(
        max_length=100, required=False, empty_value=None, help_text="Made up if left empty."
    )
    item_type = forms.CharField(max_length=100, initial=DEFAULT_ITEM_TYPE)
    branch = forms.CharField(max_length=100, initial=DEFAULT_BRANCH)
    price = PriceField(required=False, help_text=f"Of replacing it, in {settings.CURRENCY}.")


class ChangeConditionForm(forms.Form):
    """Put Copies into another condition."""

    condition = forms.ChoiceField(choices=[(each.value, each.value.replace("_", " ")) for each in Condition])
    reason = forms.CharField(
        max_length=500, required=False, help_text="Needed unless they come back into service."
    )


class UploadForm(forms.Form):
    """Import a file."""

    file = forms.FileField(
        allow_empty_file=True, help_text="MARC 21, MARCXML, or a spreadsheet saved as CSV; at most 50 MB."
    )
    encoding = forms.CharField(
        max_length=40,
        required=False,
        empty_value=None,
        help_text="Only where the file lies about it: marc8, utf-8, cp1252…",
    )


class RevertImportForm(forms.Form):
    """Revert an import."""

    sure = forms.BooleanField(
        label="Remove the books that this import has made",
        help_text="Those that were lent, held or changed since are kept and listed. "
        "Books that were there before and that it changed stay as it left them.",
    )
