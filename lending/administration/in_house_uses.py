"""In-house uses in the administration."""

from lending.administration.filters import BranchFilter
from lending.models import InHouseUseRow
from shared_kernel.web.admin.base import ReadOnlyAdmin


class InHouseUseAdmin(ReadOnlyAdmin[InHouseUseRow]):
    """Copies used in the library without being lent, read only."""

    read_scope = "circulation:read"
    list_display = ("copy_id", "branch", "used_at")
    list_filter = (BranchFilter,)
