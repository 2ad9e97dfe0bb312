"""Patrons in the administration: looked at as rows, acted on through commands."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from patrons.administration.forms import (
    BlockForm,
    ChangeCategoryForm,
    ContactForm,
    ErasureForm,
    LiftForm,
    RegistrationForm,
    RenewalForm,
)
from patrons.models import PatronRow
from patrons.services.commands.add_block import AddBlock
from patrons.services.commands.change_category import ChangeCategory
from patrons.services.commands.erase_patron import ErasePatron
from patrons.services.commands.lift_block import LiftBlock
from patrons.services.commands.register_patron import RegisterPatron
from patrons.services.commands.reinstate_patron import ReinstatePatron
from patrons.services.commands.renew_membership import RenewMembership
from patrons.services.commands.send_password_link import SendPasswordLink
from patrons.services.commands.suspend_patron import SuspendPatron
from patrons.services.commands.update_contact import UpdateContact
from shared_kernel.domain.text import fold
from shared_kernel.web.access import principal
from shared_kernel.web.admin.action_forms import ActionFormAdmin, bound_form
from shared_kernel.web.admin.autocomplete import AutocompleteAdmin
from shared_kernel.web.admin.timeline import TimelineLinkMixin
from shared_kernel.web.form_idempotency import dispatch_form


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


class PatronAdmin(TimelineLinkMixin, ActionFormAdmin[PatronRow], AutocompleteAdmin[PatronRow]):
    """The patrons."""

    timeline_of = "patron"

    read_scope = "patrons:read"
    write_scope = "patrons:write"
    choice_key = "card_number"
    add_form = RegistrationForm
    list_display = ("name", "card_number", "email", "category", "home_branch", "expires_on", "blocked")
    list_display_links = ("name", "card_number")
    list_filter = ("category", BlockedFilter, "home_branch", "expires_on")
    list_select_related = ("category",)
    search_fields = ("sort_key", "email", "^card_number")
    search_help_text = "Part of the name or address, or the card number's beginning"
    fields = (
        "name",
        "card_number",
        "email",
        "category",
        "home_branch",
        "expires_on",
        "blocks",
        "birth_date",
        "language",
        "declined_notices",
        "privacy",
        "login",
        "version",
        "contact",
        "letters",
        "account",
    )
    readonly_fields = ("contact", "letters", "account")
    actions = (
        "suspend",
        "reinstate",
        "add_block",
        "lift_block",
        "renew_membership",
        "change_category",
        "send_password_link",
        "erase",
    )

    @admin.display(description="blocked")
    def blocked(self, row: PatronRow) -> str:
        """Until when each manual block lasts."""
        return ", ".join(f"until {each['until']}" if each["until"] else "suspended" for each in row.blocks)

    @admin.display(description="contact")
    def contact(self, row: PatronRow) -> str:
        """Where name, address and letters are changed."""
        return format_html(
            '<a href="{}">Change name, address or letters</a>', self.page_address("contact", row.pk)
        )

    @admin.display(description="letters")
    def letters(self, row: PatronRow) -> str:
        """Where to see what they were sent."""
        notices = reverse(f"{self.admin_site.name}:patrons_noticerow_changelist")
        return format_html('<a href="{}?patron_id__exact={}">See what was sent to them</a>', notices, row.pk)

    @admin.display(description="account")
    def account(self, row: PatronRow) -> str:
        """Links to the patron's account: a statement to print, and CSV."""
        links = (reverse("desk-statement", args=[row.pk]), reverse("account-file", args=[row.pk]))
        return format_html('<a href="{}">Statement</a> · <a href="{}" download>CSV</a>', *links)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PatronRow], search_term: str
    ) -> tuple[QuerySet[PatronRow], bool]:
        """Search as the API does: accents and capitals make no difference."""
        return super().get_search_results(request, queryset, fold(search_term))

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """Whether the login may make the library forget somebody."""
        return principal(request).may("override")

    def choice_text(self, row: PatronRow) -> str:
        """By name and card."""
        return f"{row.name} ({row.card_number})"

    def told(self, row: PatronRow) -> str:
        """By name, since card numbers are hard to compare."""
        return f"{row.name} ({row})"

    def add(self, request: HttpRequest, data: dict[str, Any]) -> object:  # the form's values
        """Register a patron."""
        return dispatch_form(request, RegisterPatron(**data))

    def get_urls(self) -> list[URLPattern]:
        """The usual pages, and one for the command that changes a patron."""
        view = self.admin_site.admin_view(self.contact_view)
        return [path("<id:id>/contact/", view, name="patrons_patronrow_contact"), *super().get_urls()]

    def contact_view(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """UpdateContact's form; refused if somebody else has changed the patron since it was opened."""
        row = self.row_to_change(request, id)
        return self.change_by_form(
            request,
            row,
            ContactForm(request.POST or None, initial=ContactForm.values_of(row)),
            lambda values: UpdateContact(patron=id, **values),
            title=f"Change {row.name}",
            done="The patron was changed.",
        )

    @admin.action(description="Suspend…")
    def suspend(self, request: HttpRequest, rows: QuerySet[PatronRow]) -> HttpResponse | None:
        """Ask for the reason, then keep each of them from borrowing."""
        form = bound_form(BlockForm, request)
        return self.ask(request, rows, form, lambda row, said: SuspendPatron(patron=row.id, **said))

    @admin.action(description="Reinstate")
    def reinstate(self, request: HttpRequest, rows: QuerySet[PatronRow]) -> None:
        """Lift all blocks of each of them."""
        self.run_each(request, rows, lambda row: ReinstatePatron(patron=row.id))

    @admin.action(description="Add block…")
    def add_block(self, request: HttpRequest, rows: QuerySet[PatronRow]) -> HttpResponse | None:
        """Ask for the reason and the last day, then block each of them."""
        form = bound_form(BlockForm, request)
        return self.ask(request, rows, form, lambda row, said: AddBlock(patron=row.id, **said))

    @admin.action(description="Lift one block…")
    def lift_block(self, request: HttpRequest, rows: QuerySet[PatronRow]) -> HttpResponse | None:
        """Ask which of a patron's blocks is settled, then lift it."""
        if len(rows[:2]) != 1:
            self.message_user(request, "Select one patron: blocks are lifted one by one.", messages.ERROR)
            return None
        form = bound_form(LiftForm, request)
        form.offer(rows[0])
        return self.ask(request, rows, form, lambda row, said: LiftBlock(patron=row.id, block=said["block"]))

    @admin.action(description="Renew membership…")
    def renew_membership(self, request: HttpRequest, rows: QuerySet[PatronRow]) -> HttpResponse | None:
        """Ask for the last day, then let each membership go on."""
        form = bound_form(RenewalForm, request)
        return self.ask(request, rows, form, lambda row, said: RenewMembership(patron=row.id, **said))

    @admin.action(description="Change category…")
    def change_category(self, request: HttpRequest, rows: QuerySet[PatronRow]) -> HttpResponse | None:
        """Ask for the category, then put each of them into it."""
        form = bound_form(ChangeCategoryForm, request)
        return self.ask(request, rows, form, lambda row, said: ChangeCategory(patron=row.id, **said))

    @admin.action(description="Send a link to set a password")
    def send_password_link(self, request: HttpRequest, rows: QuerySet[PatronRow]) -> None:
        """Send each of them a letter; who has no login gets one."""
        self.run_each(request, rows, lambda row: SendPasswordLink(to=row.card_number))

    @admin.action(description="Erase…", permissions=["erase"])
    def erase(self, request: HttpRequest, rows: QuerySet[PatronRow]) -> HttpResponse | None:
        """Ask for the reason, then forget who they were, for good."""
        form = bound_form(ErasureForm, request)
        return self.ask(request, rows, form, lambda row, said: ErasePatron(patron=row.id, **said))
