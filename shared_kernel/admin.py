"""What the library's bookkeeping looks like from the administration; rows change by commands alone."""

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest

from shared_kernel.models import ApiToken, AuditEntry, Breaker
from shared_kernel.services.logins import CloseLogin, ReopenLogin
from shared_kernel.web.admin import CommandAdmin, ReadOnlyAdmin

admin.site.unregister([Group, User])  # Django's own write rows; what a role may do is code (access.py)


@admin.register(User)
class LoginAdmin(CommandAdmin[User]):
    """People's logins; made on the command line, where the password can be told once."""

    read_scope = write_scope = "operations"
    list_display = ("username", "roles", "is_active", "last_login", "date_joined")
    list_filter = ("is_active", "groups")
    search_fields = ("=username",)
    fields = (*list_display, "is_superuser")
    readonly_fields = ("roles",)
    ordering = ("username",)
    actions = ("close", "reopen")

    @admin.display(description="roles")
    def roles(self, login: User) -> str:
        """Its roles."""
        return ", ".join(sorted(group.name for group in login.groups.all()))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """The logins, with their roles in one go."""
        return super().get_queryset(request).prefetch_related("groups")

    @admin.action(description="Close: the person is let in no more")
    def close(self, request: HttpRequest, logins: QuerySet[User]) -> None:
        """Close the chosen logins."""
        self.run_each(request, logins, lambda login: CloseLogin(id=login.pk))

    @admin.action(description="Reopen")
    def reopen(self, request: HttpRequest, logins: QuerySet[User]) -> None:
        """Reopen the chosen logins."""
        self.run_each(request, logins, lambda login: ReopenLogin(id=login.pk))


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
