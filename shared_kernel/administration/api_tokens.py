"""API tokens in the administration, read-only."""

from shared_kernel.models import ApiToken
from shared_kernel.web.admin.base import ReadOnlyAdmin


class ApiTokenAdmin(ReadOnlyAdmin[ApiToken]):
    """API tokens. They are created and revoked on the command line, which prints the secret once."""

    read_scope = "operations"
    list_display = ("name", "id", "scopes", "created_at", "expires_at", "revoked_at")
    search_fields = ("name", "=id")
    exclude = ("digest",)
