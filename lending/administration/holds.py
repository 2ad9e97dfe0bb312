"""Holds in the administration."""

from lending.models import HoldRow
from shared_kernel.web.admin.base import ReadOnlyAdmin


class HoldAdmin(ReadOnlyAdmin[HoldRow]):
    """Holds, read only."""

    read_scope = "circulation:read"
    list_display = ("title", "state", "barcode", "pickup_branch", "pickup_deadline_at", "placed_at")
    list_filter = ("state", "pickup_branch", "suspended")
    search_fields = ("barcode__exact", "title__istartswith")
