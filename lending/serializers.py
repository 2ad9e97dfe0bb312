"""What lending's doors accept: form, never rules."""

from typing import Any

from rest_framework import serializers

from lending.models import HoldRow, LoanRow
from shared_kernel.web.fields import InstantField

_CODE = 64


class OverrideForm(serializers.Serializer[Any]):
    """Refusals that staff set aside, and why."""

    codes = serializers.ListField(child=serializers.CharField(max_length=_CODE), min_length=1, max_length=20)
    comment = serializers.CharField(max_length=500, allow_blank=True)


class BorrowForm(serializers.Serializer[Any]):
    """POST /loans."""

    copy_barcode = serializers.CharField(max_length=_CODE)
    patron_card = serializers.CharField(max_length=_CODE)
    override = OverrideForm(required=False)


class EligibilityFilter(serializers.Serializer[Any]):
    """GET /eligibility."""

    copy_barcode = serializers.CharField(max_length=_CODE)
    patron_card = serializers.CharField(max_length=_CODE)


class ReturnForm(serializers.Serializer[Any]):
    """POST /returns."""

    copy_barcode = serializers.CharField(max_length=_CODE)
    returned_at = InstantField(required=False)
    branch = serializers.CharField(max_length=32, required=False)


class LoanFilter(serializers.Serializer[Any]):
    """GET /loans."""

    patron = serializers.UUIDField(required=False)
    copy = serializers.CharField(max_length=_CODE, required=False)
    state = serializers.ChoiceField(LoanRow.State.choices, required=False)
    overdue = serializers.BooleanField(required=False)


class PlaceHoldForm(serializers.Serializer[Any]):
    """POST /holds."""

    book = serializers.UUIDField()
    patron_card = serializers.CharField(max_length=_CODE)
    pickup_branch = serializers.CharField(max_length=32, required=False)
    copy = serializers.CharField(max_length=_CODE, required=False)


class SuspendForm(serializers.Serializer[Any]):
    """POST /holds/{id}/suspend."""

    until = serializers.DateField(required=False)


class OrderForm(serializers.Serializer[Any]):
    """PUT /books/{id}/holds."""

    order = serializers.ListField(child=serializers.UUIDField(), max_length=10_000)


class HoldFilter(serializers.Serializer[Any]):
    """GET /holds."""

    patron = serializers.UUIDField(required=False)
    book = serializers.UUIDField(required=False)
    state = serializers.ChoiceField([*HoldRow.State.choices, ("active", "active")], required=False)
