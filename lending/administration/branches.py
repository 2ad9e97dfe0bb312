"""Branches and their calendars in the administration."""

from calendar import day_name
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from lending.administration.permissions import require_scope
from lending.domain.branch_calendar import ClosureNotFound
from lending.domain.branch_details import LONGEST_CODE, LONGEST_NAME, time_zones
from lending.models import BranchRow
from lending.services.calendar_details import ClosureDetails
from lending.services.commands.add_branch import AddBranch
from lending.services.commands.add_closure import AddClosure
from lending.services.commands.remove_closure import RemoveClosure
from lending.services.queries.calendars import GetBranch, ListClosures, PreviewClosure
from shared_kernel.domain.errors import Refused
from shared_kernel.services.pagination import PageRequest
from shared_kernel.services.queries import ask
from shared_kernel.services.request_context import RequestClock
from shared_kernel.web.access import principal
from shared_kernel.web.admin_base import CommandAdmin
from shared_kernel.web.form_keys import dispatch_form

Context = dict[str, Any]  # a template's
READ, WRITE = "circulation:read", "rules:write"
_LATEST: Final = PageRequest(size=100)
_WEEKDAYS: Final = list(enumerate(day_name))


def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(time_zones())]


class BranchForm(forms.Form):
    """AddBranch, to be filled in."""

    code = forms.CharField(
        max_length=LONGEST_CODE, help_text="On labels and in rules: A-Z 0-9 _ -, such as EAST."
    )
    name = forms.CharField(max_length=LONGEST_NAME)
    time_zone = forms.ChoiceField(choices=_zones, initial="UTC", help_text="Its days begin and end by it.")
    closed_weekdays = forms.TypedMultipleChoiceField(
        choices=_WEEKDAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )


class ClosureForm(forms.Form):
    """AddClosure, to be filled in."""

    first_on = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    last_on = forms.DateField(label="To, included", widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(max_length=200)

    def tell(self, refused: Refused) -> None:
        """Put each refusal where it belongs."""
        for each in refused.refusals:
            self.add_error("last_on" if each.pointer == "/to" else None, each.detail)


class BranchAdmin(CommandAdmin[BranchRow]):
    """Branches. A branch's page is its calendar: close it for some days, or open it after all."""

    read_scope = READ
    write_scope = WRITE
    add_form = BranchForm
    list_display = ("code", "name", "time_zone", "closed_each_week")
    search_fields = ("code", "name")

    def closed_each_week(self, row: BranchRow) -> str:
        """The weekly days."""
        return ", ".join(day_name[day] for day in row.closed_weekdays) or "never"

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
        """The calendar of a branch; closing and opening ask first what that would do."""
        require_scope(request, READ)
        row = self.get_object(request, object_id)
        if row is None:
            return HttpResponseRedirect(reverse("admin:lending_branchrow_changelist"))
        form, asked = ClosureForm(), {}
        if request.method == "POST":
            require_scope(request, WRITE)
            form = ClosureForm(request.POST if "first_on" in request.POST else None)
            asked = _act(request, row.code, form)
            if not asked and not form.errors:
                return HttpResponseRedirect(request.path)
        return self._calendar(request, row.code, {"form": form, **asked})

    def _calendar(self, request: HttpRequest, code: str, context: Context) -> HttpResponse:
        branch = ask(GetBranch(code=code))
        closures = ask(ListClosures(branch=code, page=_LATEST)).results
        today = RequestClock().now().astimezone(ZoneInfo(branch.time_zone)).date()
        own: Context = {
            "title": f"{branch.name} ({branch.code})",
            "opts": self.opts,
            "may_write": principal(request).may(WRITE),
            "branch": branch,
            "weekdays": ", ".join(day_name[day] for day in branch.closed_weekdays),
            "to_come": [each for each in reversed(closures) if each.last_on >= today],
            "past": [each for each in closures if each.last_on < today],
        }
        shared = self.admin_site.each_context(request)
        return TemplateResponse(request, "lending/admin/branch.html", shared | own | context)


def _act(request: HttpRequest, code: str, form: ClosureForm) -> Context:
    """Do what the button says, or answer with what the page has to ask first."""
    try:
        if closure := request.POST.get("ask_reopen"):
            return {"reopening": _closure(code, closure)}
        if closure := request.POST.get("reopen"):
            dispatch_form(request, RemoveClosure(branch=code, closure=_id(closure)))
            messages.success(request, "The closure is taken back.")
        elif form.is_valid():
            if "close" not in request.POST:
                return _preview(code, form.cleaned_data)
            dispatch_form(request, AddClosure(branch=code, **form.cleaned_data))
            messages.success(
                request, "The branch will be closed. What is due on these days moves in minutes."
            )
    except Refused as refused:
        if form.is_bound:
            form.tell(refused)
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
    found = next((each for each in closures if str(each.id) == id), None)
    if found is None:
        raise ClosureNotFound
    return found


def _preview(code: str, days: Context) -> Context:
    preview = ask(PreviewClosure(branch=code, first_on=days["first_on"], last_on=days["last_on"]))
    zone = ZoneInfo(ask(GetBranch(code=code)).time_zone)
    moved = [
        (f"Loan of {it.copy_barcode}", it.title, it.due_at, it.new_due_at) for it in preview.loan_examples
    ]
    moved += [
        ("Hold", it.title, it.pickup_deadline_at, it.new_pickup_deadline_at) for it in preview.hold_examples
    ]
    rows = [
        {
            "what": what,
            "title": title,
            "now": now.astimezone(zone).date(),
            "then": then.astimezone(zone).date(),
        }
        for what, title, now, then in moved
    ]
    return {"preview": preview, "moved": rows}
