"""The audit in the administration, read-only."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from shared_kernel.models import AuditEntry
from shared_kernel.web.admin.base import ReadOnlyAdmin
from shared_kernel.web.usernames import usernames_of


class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    """The audit. It shows who borrowed what, so it needs a scope of its own."""

    read_scope = "audit:read"
    list_display = ("at", "who", "door", "action", "outcome", "why", "comment")
    list_filter = ("outcome", "door", "action")
    search_fields = ("=principal", "=correlation_id", "=action")
    search_help_text = "A login's name, a principal such as user:7, an action, or a correlation id"
    date_hierarchy = "at"

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """The list with the names of all its logins, in one query."""
        page = super().get_changelist_instance(request)
        people = usernames_of(row.principal for row in page.result_list)
        for row in page.result_list:
            row.who = people[row.principal]
        return page

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        """Search the entries' own columns, or by the name of a login."""
        login = User.objects.filter(username=search_term.strip()).first()
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        return (queryset.filter(principal=f"user:{login.pk}"), False) if login else (found, may_repeat)

    @admin.display(description="who", ordering="principal")
    def who(self, row: Any) -> str:  # with what the list has added
        """The login's name, or the principal if it is no login."""
        return str(getattr(row, "who", row.principal))

    @admin.display(description="codes")
    def why(self, row: AuditEntry) -> str:
        """Why it was refused, or what was overridden."""
        return ", ".join(row.codes)
