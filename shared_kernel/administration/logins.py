"""Logins in the administration. Rows change by commands only."""

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from shared_kernel.services.logins import CloseLogin, ReopenLogin
from shared_kernel.web.admin.base import CommandAdmin


class LoginAdmin(CommandAdmin[User]):
    """Logins. They are created on the command line, which prints the password once."""

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
        """The logins with their roles, in two queries."""
        return super().get_queryset(request).prefetch_related("groups")

    @admin.action(description="Close: the person can no longer log in")
    def close(self, request: HttpRequest, logins: QuerySet[User]) -> None:
        """Close the chosen logins."""
        self.run_each(request, logins, lambda login: CloseLogin(id=login.pk))

    @admin.action(description="Reopen")
    def reopen(self, request: HttpRequest, logins: QuerySet[User]) -> None:
        """Reopen the chosen logins."""
        self.run_each(request, logins, lambda login: ReopenLogin(id=login.pk))
