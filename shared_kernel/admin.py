"""Logins, audit, tokens and circuit breakers in the administration. Rows change by commands only."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from shared_kernel.domain.errors import Refused
from shared_kernel.models import ApiToken, AuditEntry, Breaker
from shared_kernel.resilience.registry import all_breakers
from shared_kernel.services.breakers import CloseBreaker, HoldBreakerOpen
from shared_kernel.services.logins import CloseLogin, ReopenLogin
from shared_kernel.web.admin.base import CommandAdmin, ReadOnlyAdmin
from shared_kernel.web.form_idempotency import dispatch_form
from shared_kernel.web.usernames import usernames_of

admin.site.unregister([Group, User])  # Django's own write rows; what a role may do is code (access.py)


@admin.register(User)
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


@admin.register(AuditEntry)
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


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin[ApiToken]):
    """API tokens. They are created and revoked on the command line, which prints the secret once."""

    read_scope = "operations"
    list_display = ("name", "id", "scopes", "created_at", "expires_at", "revoked_at")
    search_fields = ("name", "=id")
    exclude = ("digest",)


class BreakerForm(forms.Form):
    """HoldBreakerOpen or CloseBreaker, to be filled in for one breaker."""

    comment = forms.CharField(max_length=500, required=False)
    name = forms.CharField(max_length=64)
    order = forms.ChoiceField(choices=[("open", "Hold open"), ("close", "Close")])


@admin.register(Breaker)
class BreakerAdmin(CommandAdmin[Breaker]):
    """The state of every circuit breaker, shared by all processes; opened and closed by hand for a reason."""

    read_scope = write_scope = "operations"

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # a template's
    ) -> HttpResponse:
        """Every breaker, including those that never failed, with its actions."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = BreakerForm(request.POST if request.method == "POST" else None)
        refused = ""
        if form.is_valid():
            try:
                self._give(request, **form.cleaned_data)
            except Refused as refusal:
                refused = str(refusal)
            else:
                self.message_user(request, f"The breaker {form.cleaned_data['name']} was changed.")
                return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "title": "Circuit breakers",
            "opts": self.opts,
            "breakers": all_breakers(),
            "form": form,
            "refused": refused,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "breakers.html", context)

    def _give(self, request: HttpRequest, *, name: str, order: str, comment: str) -> None:
        command = HoldBreakerOpen if order == "open" else CloseBreaker
        dispatch_form(request, command(name=name, comment=comment))
