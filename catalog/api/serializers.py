"""The form of what clients send, whose rules are the domain's, and of what only the API answers."""

from dataclasses import dataclass
from typing import Any, get_args

from django.conf import settings
from msgspec import UNSET, UnsetType
from rest_framework import serializers

from catalog.domain.copy import Condition
from catalog.services.book_details import BookDetails
from catalog.services.book_ordering import BookOrder
from shared_kernel.domain.money import Money
from shared_kernel.services.bus import Result

#: Far above every bound of the domain, whose own refusals say more.
_LONG = 10_000
_MANY = 1_000


class _TextField(serializers.CharField):
    def __init__(self, **options: Any) -> None:  # DRF's own
        super().__init__(max_length=_LONG, allow_blank=True, **options)


class _TextListField(serializers.ListField):
    def __init__(self, **options: Any) -> None:  # DRF's own
        super().__init__(child=_TextField(), max_length=_MANY, **options)

    def to_internal_value(self, data: Any) -> Any:  # DRF knows lists only
        """The texts, as a command holds them."""
        return tuple(super().to_internal_value(data))


class BookSerializer(serializers.Serializer[Any]):
    """A Book to be."""

    title = _TextField()
    authors = _TextListField()
    isbn = _TextField(required=False, allow_null=True, help_text="10 or 13 digits, as printed.")
    year = serializers.IntegerField(required=False, allow_null=True)
    language = _TextField(required=False, allow_null=True, help_text="A code of ISO 639.")
    publisher = _TextField(required=False, allow_null=True)
    subjects = _TextListField(required=False)


class BookRevisionSerializer(serializers.Serializer[Any]):
    """What is to be put right about a Book."""

    title = _TextField(required=False)
    authors = _TextListField(required=False)
    isbn = _TextField(required=False, allow_null=True, help_text="10 or 13 digits, as printed.")
    year = serializers.IntegerField(required=False, allow_null=True)
    language = _TextField(required=False, allow_null=True, help_text="A code of ISO 639.")
    publisher = _TextField(required=False, allow_null=True)
    subjects = _TextListField(required=False)


class ConditionSerializer(serializers.Serializer[Any]):
    """A Copy's condition, and why."""

    condition = serializers.ChoiceField([each.value for each in Condition])
    reason = _TextField(required=False, default="", help_text="Needed for all but in_service.")


class ImportSerializer(serializers.Serializer[Any]):
    """A file to import."""

    file = serializers.FileField(allow_empty_file=True, help_text="MARC 21, MARCXML or CSV.")
    encoding = serializers.CharField(
        required=False, max_length=40, help_text="Of its text, where the file lies about it: marc8, cp1252…"
    )


class BookFilterSerializer(serializers.Serializer[Any]):
    """Which Books to list, and in which order."""

    q = serializers.CharField(
        required=False,
        max_length=500,
        help_text="Beginnings of words of title, authors, ISBN and subjects. Finds a thousand books at most, "
        "those that are often borrowed before others. Where it finds none and a word is misspelt, the "
        "nearest words are looked for, and `corrected_from` and `corrected_to` say so.",
    )
    author = serializers.CharField(required=False, max_length=500)
    isbn = serializers.CharField(required=False, max_length=100)
    language = serializers.CharField(required=False, max_length=35)
    available = serializers.BooleanField(required=False, help_text="Whether a copy of it is free.")
    added_since = serializers.DateField(
        required=False, help_text="The first day, in UTC, on which the books were added."
    )
    ordering = serializers.ChoiceField(
        get_args(BookOrder),
        required=False,
        help_text="By default relevance with q, -added with added_since, else title.",
    )


class ExportFilterSerializer(serializers.Serializer[Any]):
    """Which Books to export, and how."""

    format = serializers.ChoiceField(
        ["marc21", "marcxml"], required=False, help_text="By default what Accept says, else marc21."
    )
    q = serializers.CharField(required=False, max_length=500, help_text="As for the list; all that is found.")
    author = serializers.CharField(required=False, max_length=500)
    isbn = serializers.CharField(required=False, max_length=100)
    language = serializers.CharField(required=False, max_length=35)
    available = serializers.BooleanField(required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookListPage(Result):
    """One page of Books, and the corrected search if `q` was misspelt."""

    results: list[BookDetails]
    next: str | None
    previous: str | None
    corrected_from: str | UnsetType = UNSET
    corrected_to: str | UnsetType = UNSET


class PriceSerializer(serializers.Serializer[Any]):
    """An amount of the library's currency."""

    amount = serializers.CharField(max_length=40, help_text="A decimal such as 12.50.")
    currency = serializers.ChoiceField([settings.CURRENCY])


class CopySerializer(serializers.Serializer[Any]):
    """A Copy to be."""

    barcode = _TextField()
    item_type = _TextField()
    branch = _TextField(required=False)
    price = PriceSerializer(required=False, allow_null=True, help_text="What replacing it costs.")

    def validate_price(self, price: dict[str, str] | None) -> Money | None:
        """Read the amount. Raises InvalidMoney."""
        return None if price is None else Money.parse(price["amount"], price["currency"])
