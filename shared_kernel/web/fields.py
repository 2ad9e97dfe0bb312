"""Form fields that the API has and DRF has not."""

from datetime import UTC, datetime

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


def parsed_instant(text: str) -> datetime | None:
    """The instant that an RFC 3339 text with an offset means, in UTC; None for any other text.

    Years before 1900 and from 3000 on are typing errors, and computing with them can leave the calendar.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not instant.tzinfo or text[10:11] not in {"T", "t", " "} or not 1900 <= instant.year < 3000:
        return None
    return instant.astimezone(UTC)


@extend_schema_field(OpenApiTypes.DATETIME)
class InstantField(serializers.Field[datetime, str, str, datetime]):
    """An instant with its offset from UTC (RFC 3339), as an aware UTC datetime."""

    default_error_messages = {
        "invalid": "Write an instant with its offset from UTC, such as 2026-01-15T10:00:00Z.",
    }

    def to_internal_value(self, data: object) -> datetime:
        """Parse it. A naive time is refused: nobody could know which zone was meant."""
        instant = parsed_instant(data) if isinstance(data, str) else None
        if instant is None:
            self.fail("invalid")
        return instant

    def to_representation(self, value: datetime) -> str:
        """RFC 3339."""
        return value.isoformat()
