"""Branches and their closures in the administration."""

from calendar import day_name
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from lending.administration.branch_forms import AddBranchForm, AddClosureForm
from lending.administration.closure_preview import preview_context
from lending.administration.permissions import require_scope
from lending.administration.rendering import render_admin_page
from lending.domain.branch_calendar import ClosureNotFound
from lending.models import BranchRow
from lending.services.calendar_details import ClosureDetails
from lending.services.commands.add_branch import AddBranch
from lending.services.commands.add_closure import AddClosure
from lending.services.commands.remove_closure import RemoveClosure
from lending.services.queries.calendars import GetBranch, ListClosures
from shared_kernel.domain.errors import Refused
from shared_kernel.services.pagination import PageRequest
from shared_kernel.services.queries import ask
from shared_kernel.services.request_context import RequestClock
from shared_kernel.web.access import principal
from shared_kernel.web.admin.base import CommandAdmin
from shared_kernel.web.form_idempotency import dispatch_form

Context = dict[str, Any]  # a template's
READ, WRITE = "circulation:read", "rules:write"
_LATEST: Final = PageRequest(size=100)


class BranchAdmin(CommandAdmin[BranchRow]):
    """Branches. A branch's page shows its closures, and adds or removes one."""

    read_scope = READ
    write_scope = WRITE
    add_form = AddBranchForm
    list_display = ("code", "name", "time_zone", "closed_every")
    search_fields = ("code", "name")

    @admin.display(description="closed every")
    def closed_every(self, row: BranchRow) -> str:
        """The weekdays on which the branch is closed."""
        return ", ".join(day_name[day] for day in row.closed_weekdays) or "–"

    def add(self, request: HttpRequest, data: Context) -> object:
        """Add the branch."""
        return dispatch_form(request, AddBranch(**data))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002  Django's signature
        extra_context: Context | None = None,  # noqa: ARG002  Django passes it
    ) -> HttpResponse:
        """The closures of a branch. Adding or removing one is previewed or confirmed first."""
        require_scope(request, READ)
        row = self.get_object(request, object_id)
        if row is None:
            return HttpResponseRedirect(reverse("admin:lending_branchrow_changelist"))
        form, context = AddClosureForm(), {}
        if request.method == "POST":
            require_scope(request, WRITE)
            form = AddClosureForm(request.POST if "first_on" in request.POST else None)
            context = _submit(request, row.code, form)
            if not context and not form.errors:
                return HttpResponseRedirect(request.path)
        return self._render(request, row.code, {"form": form, **context})

    def _render(self, request: HttpRequest, code: str, context: Context) -> HttpResponse:
        branch = ask(GetBranch(code=code))
        closures = ask(ListClosures(branch=code, page=_LATEST)).results
        today = RequestClock().now().astimezone(ZoneInfo(branch.time_zone)).date()
        shared: Context = {
            "title": f"{branch.name} ({branch.code})",
            "opts": self.opts,
            "may_write": principal(request).may(WRITE),
            "branch": branch,
            "weekdays": ", ".join(day_name[day] for day in branch.closed_weekdays),
            "upcoming": [each for each in reversed(closures) if each.last_on >= today],
            "past": [each for each in closures if each.last_on < today],
        }
        return render_admin_page(self.admin_site, request, "branch", shared | context)


def _submit(request: HttpRequest, code: str, form: AddClosureForm) -> Context:
    """Do what the button says; for a button that only asks, return what the page shows."""
    try:
        if closure := request.POST.get("confirm_reopen"):
            return {"removing": _closure(code, closure)}
        if closure := request.POST.get("reopen"):
            dispatch_form(request, RemoveClosure(branch=code, closure=_id(closure)))
            messages.success(request, "The closure was removed.")
        elif form.is_valid():
            if "close" not in request.POST:
                return preview_context(code, form.cleaned_data)
            dispatch_form(request, AddClosure(branch=code, **form.cleaned_data))
            messages.success(
                request, "The closure was added. Due dates in it will be moved within a few minutes."
            )
    except Refused as refused:
        if form.is_bound:
            form.add_refusals(refused)
        else:
            messages.error(request, str(refused))
    return {}


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ClosureNotFound from None


def _closure(code: str, id: str) -> ClosureDetails:
    closures = ask(ListClosures(branch=code, page=_LATEST)).results
    closure = next((each for each in closures if str(each.id) == id), None)
    if closure is None:
        raise ClosureNotFound
    return closure
