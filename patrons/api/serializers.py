"""The form of what clients send; its rules are the domain's."""

from typing import Any

from rest_framework import serializers

from patrons.domain.language import LANGUAGES
from patrons.domain.notice import KINDS, OPTIONAL
from patrons.domain.privacy import Privacy


class PatronFilterSerializer(serializers.Serializer[Any]):
    """Which patrons to list."""

    q = serializers.CharField(
        required=False,
        max_length=200,
        help_text="Part of the name or address, or the card number's beginning.",
    )
    category = serializers.CharField(required=False, max_length=32)


def _language() -> serializers.CharField:
    return serializers.CharField(
        max_length=8,
        required=False,
        allow_null=True,
        help_text=f"Of their letters: {', '.join(LANGUAGES)}. null: the library's.",
    )


def _birth_date() -> serializers.DateField:
    return serializers.DateField(
        required=False, allow_null=True, help_text="The date of birth. null: unknown."
    )


class RegistrationSerializer(serializers.Serializer[Any]):
    """A patron to be."""

    name = serializers.CharField(max_length=1000, allow_blank=True)
    email = serializers.CharField(max_length=1000, allow_blank=True, trim_whitespace=False)
    category = serializers.CharField(max_length=32, allow_blank=True, default="regular")
    card_number = serializers.CharField(max_length=100, allow_blank=True, required=False, allow_null=True)
    expires_on = serializers.DateField(
        required=False, allow_null=True, help_text="The membership's last day. Absent: it never ends."
    )
    home_branch = serializers.CharField(max_length=32, allow_blank=True, required=False, allow_null=True)
    language = _language()
    birth_date = _birth_date()


class BlockSerializer(serializers.Serializer[Any]):
    """Why, and up to which day, a patron may not borrow."""

    reason = serializers.CharField(max_length=1000, allow_blank=True, default="", help_text="Needed.")
    until = serializers.DateField(
        required=False, allow_null=True, help_text="The block's last day. Absent: a suspension, without end."
    )


def _declined_notices() -> serializers.ListField:
    kinds = f"All kinds of letters to do without, of {', '.join(OPTIONAL)}."
    return serializers.ListField(
        child=serializers.CharField(max_length=32), required=False, max_length=len(KINDS), help_text=kinds
    )


def _privacy() -> serializers.CharField:
    return serializers.CharField(
        max_length=32,
        required=False,
        help_text=f"How long past loans are remembered as theirs: {', '.join(Privacy)}.",
    )


class ContactSerializer(serializers.Serializer[Any]):
    """What has changed about a patron; what isn't sent stays as it is."""

    name = serializers.CharField(max_length=1000, allow_blank=True, required=False)
    email = serializers.CharField(max_length=1000, allow_blank=True, trim_whitespace=False, required=False)
    category = serializers.CharField(max_length=32, allow_blank=True, required=False)
    home_branch = serializers.CharField(
        max_length=32, allow_blank=True, required=False, allow_null=True, help_text="null: none."
    )
    declined_notices = _declined_notices()
    privacy = _privacy()
    language = _language()
    birth_date = _birth_date()


class OwnContactSerializer(serializers.Serializer[Any]):
    """What patrons may change about themselves."""

    declined_notices = _declined_notices()
    privacy = _privacy()
    language = _language()


class RenewalSerializer(serializers.Serializer[Any]):
    """Up to when a membership goes on."""

    expires_on = serializers.DateField(
        required=False,
        allow_null=True,
        help_text="Its last day. Absent: a year on from its end or, if that is past, from today.",
    )


class ErasureSerializer(serializers.Serializer[Any]):
    """Why a patron is forgotten."""

    reason = serializers.CharField(
        max_length=1000,
        allow_blank=True,
        default="",
        help_text="Needed, and without name, address or card: it stays in the audit.",
    )
