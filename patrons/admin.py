"""Patrons in the administration: looked at as rows, acted on through commands."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from patrons.domain.text import folded
from patrons.models import CategoryRow, ChannelPauseRow, NoticeRow, PatronRow
from patrons.services.commands.define_category import DefineCategory
from patrons.services.commands.register_patron import RegisterPatron
from patrons.services.commands.reinstate_patron import ReinstatePatron
from patrons.services.commands.repeat_notice import RepeatNotice
from patrons.services.commands.suspend_patron import SuspendPatron
from shared_kernel.services.commands import dispatch
from shared_kernel.web.access import principal
from shared_kernel.web.admin import CommandAdmin, ReadOnlyAdmin
from shared_kernel.web.admin_widgets import dress


def _categories() -> list[tuple[str, str]]:
    return [(row.code, row.name) for row in CategoryRow.objects.all()]


class RegistrationForm(forms.Form):
    """RegisterPatron, to be filled in."""

    name = forms.CharField()
    email = forms.CharField(strip=False)
    category = forms.ChoiceField(choices=_categories, initial="regular")
    card_number = forms.CharField(
        required=False, empty_value=None, help_text="Left empty, a new number is drawn."
    )
    expires_on = forms.DateField(required=False, help_text="The last day; left empty, it never ends.")
    home_branch = forms.CharField(required=False, empty_value=None, help_text="A branch's code.")


class SuspensionForm(forms.Form):
    """SuspendPatron, to be filled in for all selected patrons."""

    reason = forms.CharField()
    until = forms.DateField(required=False, help_text="The last day; left empty, until reinstated.")


class CategoryForm(forms.Form):
    """DefineCategory, to be filled in."""

    code = forms.CharField(help_text="What rules name it by. With a code that exists, the name is changed.")
    name = forms.CharField()


class BlockedFilter(admin.SimpleListFilter):
    """Those with a manual block, or those without one."""

    title = "blocks"
    parameter_name = "blocked"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:  # any admin
        """The two choices."""
        return [("yes", "Blocked by hand"), ("no", "Not blocked")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[PatronRow]) -> QuerySet[PatronRow]:
        """The rows of the choice made."""
        unblocked = {"yes": queryset.exclude, "no": queryset.filter}.get(self.value() or "")
        return unblocked(blocks=[]) if unblocked else queryset


@admin.register(PatronRow)
class PatronAdmin(CommandAdmin[PatronRow]):
    """The patrons."""

    read_scope = "patrons:read"
    write_scope = "patrons:write"
    add_form = RegistrationForm
    list_display = ("name", "card_number", "email", "category", "home_branch", "expires_on", "blocked")
    list_display_links = ("name", "card_number")
    list_filter = ("category", BlockedFilter)
    list_select_related = ("category",)
    search_fields = ("sort_key", "email", "^card_number")
    fields = (
        "name",
        "card_number",
        "email",
        "category",
        "home_branch",
        "expires_on",
        "blocks",
        "login",
        "version",
    )
    actions = ("suspend", "reinstate")

    @admin.display(description="blocked")
    def blocked(self, row: PatronRow) -> str:
        """Until when each manual block lasts."""
        return ", ".join(f"until {each['until']}" if each["until"] else "suspended" for each in row.blocks)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PatronRow], search_term: str
    ) -> tuple[QuerySet[PatronRow], bool]:
        """Search as the API does: accents and capitals make no difference."""
        return super().get_search_results(request, queryset, folded(search_term))

    def add(self, data: dict[str, Any]) -> object:  # the form's values
        """Register a patron."""
        return dispatch(RegisterPatron(**data))

    @admin.action(description="Suspend…")
    def suspend(self, request: HttpRequest, rows: QuerySet[PatronRow]) -> HttpResponse | None:
        """Ask for the reason, then keep each of them from borrowing."""
        form = SuspensionForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            self.run_each(request, rows, lambda row: SuspendPatron(patron=row.id, **form.cleaned_data))
            return None
        dress(form)
        context = {
            **self.admin_site.each_context(request),
            "title": "Suspend patrons",
            "opts": self.opts,
            "form": form,
            "patrons": rows,
            "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "patrons/suspend.html", context)

    @admin.action(description="Reinstate")
    def reinstate(self, request: HttpRequest, rows: QuerySet[PatronRow]) -> None:
        """Lift all blocks of each of them."""
        self.run_each(request, rows, lambda row: ReinstatePatron(patron=row.id))


@admin.register(CategoryRow)
class CategoryAdmin(CommandAdmin[CategoryRow]):
    """The categories of patrons. One that nobody is to be in any more does no harm: it is never deleted."""

    read_scope = "patrons:read"
    write_scope = "rules:write"
    add_form = CategoryForm
    list_display = ("code", "name")
    search_fields = ("code", "name")

    def add(self, data: dict[str, Any]) -> object:  # the form's values
        """Add or rename a category."""
        return dispatch(DefineCategory(**data))


@admin.register(NoticeRow)
class NoticeAdmin(CommandAdmin[NoticeRow]):
    """What became of the notices. Whoever runs the system needs that, and not who borrowed what."""

    read_scope = ("circulation:read", "operations")
    write_scope = "operations"
    list_display = ("id", "kind", "state", "attempts", "owed_at", "next_attempt_at", "finished_at", "failure")
    list_filter = ("state", "kind")
    search_fields = ("=id", "=event_id", "=provider_id")
    actions = ("send_again",)

    def get_exclude(self, request: HttpRequest, _row: NoticeRow | None = None) -> tuple[str, ...]:
        """What tells who borrowed what, for those who may not know it."""
        return () if principal(request).may("circulation:read") else ("patron_id", "params")

    @admin.action(description="Send again (it may arrive twice)")
    def send_again(self, request: HttpRequest, rows: QuerySet[NoticeRow]) -> None:
        """Queue ambiguous or failed notices anew."""
        self.run_each(request, rows, lambda row: RepeatNotice(notice=row.id))


@admin.register(ChannelPauseRow)
class ChannelPauseAdmin(ReadOnlyAdmin[ChannelPauseRow]):
    """Why nothing is being sent, if nothing is."""

    read_scope = "operations"
    list_display = ("channel", "until", "reason")
