"""The way from a row of the administration to all that happened to it."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from shared_kernel.web.access import principal

if TYPE_CHECKING:
    from shared_kernel.web.admin.base import ReadOnlyAdmin

    _Admin = ReadOnlyAdmin[Any]
else:
    _Admin = object


class TimelineLinkMixin(_Admin):
    """Adds a link to the timeline of a row's copy, loan or patron, for those who may read the audit.

    `timeline_of` is which of the three its rows are. The page itself is lending's.
    """

    timeline_of: ClassVar[str]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:  # Django's names
        """The row's own, and the link."""
        own = [*super().get_readonly_fields(request, obj)]
        return [*own, "timeline"] if obj and principal(request).may("audit:read") else own

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:  # Django's names
        """The row's own, and the link."""
        own = [name for name in super().get_fields(request, obj) if name != "timeline"]
        return [*own, "timeline"] if obj and principal(request).may("audit:read") else own

    @admin.display(description="timeline")
    def timeline(self, row: Model) -> SafeString:
        """A link to its timeline."""
        address = reverse(f"{self.admin_site.name}:lending_timeline")
        return format_html(
            '<a href="{}?{}">All that happened</a>', address, urlencode({self.timeline_of: str(row.pk)})
        )
