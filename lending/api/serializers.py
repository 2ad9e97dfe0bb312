"""Serializers of lending's API. They only parse; the domain decides what is possible."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lending.domain.loan_terms import RULE_VALUES
from lending.models import HoldRow, LoanRow
from shared_kernel.web.fields import InstantField

_CODE = 64


class OverrideSerializer(serializers.Serializer[Any]):
    """The refusal codes that staff override, and the reason."""

    codes = serializers.ListField(child=serializers.CharField(max_length=_CODE), min_length=1, max_length=20)
    comment = serializers.CharField(max_length=500, allow_blank=True)


class BorrowBookSerializer(serializers.Serializer[Any]):
    """POST /loans."""

    copy_barcode = serializers.CharField(max_length=_CODE)
    patron_card = serializers.CharField(max_length=_CODE)
    override = OverrideSerializer(required=False)


class EligibilityQuerySerializer(serializers.Serializer[Any]):
    """GET /eligibility."""

    copy_barcode = serializers.CharField(max_length=_CODE)
    patron_card = serializers.CharField(max_length=_CODE)


class ReturnBookSerializer(serializers.Serializer[Any]):
    """POST /returns."""

    copy_barcode = serializers.CharField(max_length=_CODE)
    returned_at = InstantField(required=False)
    branch = serializers.CharField(max_length=32, required=False)


class PostPaymentSerializer(serializers.Serializer[Any]):
    """POST /patrons/{id}/payments."""

    amount = serializers.CharField(max_length=20)


class WaiveChargeSerializer(serializers.Serializer[Any]):
    """POST /patrons/{id}/waivers."""

    charge = serializers.UUIDField()
    amount = serializers.CharField(max_length=20)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


class LoanQuerySerializer(serializers.Serializer[Any]):
    """GET /loans."""

    patron = serializers.UUIDField(required=False)
    copy = serializers.CharField(max_length=_CODE, required=False)
    state = serializers.ChoiceField(LoanRow.State.choices, required=False)
    overdue = serializers.BooleanField(required=False)


class PlaceHoldSerializer(serializers.Serializer[Any]):
    """POST /holds."""

    book = serializers.UUIDField()
    patron_card = serializers.CharField(max_length=_CODE)
    pickup_branch = serializers.CharField(max_length=32, required=False)
    copy = serializers.CharField(max_length=_CODE, required=False)


class SuspendHoldSerializer(serializers.Serializer[Any]):
    """POST /holds/{id}/suspend."""

    until = serializers.DateField(required=False)


class QueueOrderSerializer(serializers.Serializer[Any]):
    """PUT /books/{id}/holds."""

    order = serializers.ListField(child=serializers.UUIDField(), max_length=10_000)


class HoldQuerySerializer(serializers.Serializer[Any]):
    """GET /holds."""

    patron = serializers.UUIDField(required=False)
    book = serializers.UUIDField(required=False)
    state = serializers.ChoiceField([*HoldRow.State.choices, ("active", "active")], required=False)


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            name: {"description": f"{value.meaning} {value.type.expected}; null inherits"}
            for name, value in RULE_VALUES.items()
        },
        "additionalProperties": False,
    }
)
class RuleValuesField(serializers.DictField):
    """A rule's values by name; the domain checks them."""


class SetRuleSerializer(serializers.Serializer[Any]):
    """PUT /rules. A dimension that is null or absent covers all."""

    branch = serializers.CharField(max_length=_CODE, allow_null=True, default=None)
    category = serializers.CharField(max_length=_CODE, allow_null=True, default=None)
    item_type = serializers.CharField(max_length=_CODE, allow_null=True, default=None)
    values = RuleValuesField()
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


class ExplainRuleQuerySerializer(serializers.Serializer[Any]):
    """GET /rules/explain."""

    branch = serializers.CharField(max_length=_CODE, required=False)
    category = serializers.CharField(max_length=_CODE, required=False)
    item_type = serializers.CharField(max_length=_CODE, required=False)


class AddBranchSerializer(serializers.Serializer[Any]):
    """POST /branches."""

    code = serializers.CharField(max_length=_CODE)
    name = serializers.CharField(max_length=200)
    time_zone = serializers.CharField(max_length=_CODE)
    closed_weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6), max_length=7, default=list
    )


class AddClosureSerializer(serializers.Serializer[Any]):
    """POST /branches/{code}/closures."""

    vars()["from"] = serializers.DateField(source="first_on")  # a keyword of the language
    to = serializers.DateField(source="last_on")
    reason = serializers.CharField(max_length=200)


class DryRunSerializer(serializers.Serializer[Any]):
    """Whether to only preview the change."""

    dry_run = serializers.BooleanField(default=False)
