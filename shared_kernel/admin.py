"""What the library's bookkeeping looks like from the administration: nothing of it can be changed there."""

from django.contrib import admin

from shared_kernel.models import ApiToken, AuditEntry, Breaker
from shared_kernel.web.admin import ReadOnlyAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    """Who did what; for those who may read who borrowed what, since it says so."""

    read_scope = "audit:read"
    list_display = ("at", "principal", "door", "action", "outcome", "codes")
    list_filter = ("outcome", "door", "action")
    search_fields = ("=principal", "=correlation_id", "=action")
    date_hierarchy = "at"


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin[ApiToken]):
    """Machines' tokens; made and revoked on the command line, where the secret can be shown once."""

    read_scope = "operations"
    list_display = ("name", "id", "scopes", "created_at", "expires_at", "revoked_at")
    search_fields = ("name", "=id")
    exclude = ("digest",)


@admin.register(Breaker)
class BreakerAdmin(ReadOnlyAdmin[Breaker]):
    """The state of every circuit breaker, shared by all processes."""

    read_scope = "operations"
    list_display = ("name", "state", "failures", "successes", "opened_at", "changed_at")
    list_filter = ("state",)
