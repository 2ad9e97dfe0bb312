"""The administration looks at rows and acts through commands; it never writes a row itself."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from uuid import UUID

from django import forms
from django.apps import apps
from django.contrib import messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.module_loading import import_string

from shared_kernel.domain.errors import Refused
from shared_kernel.services.bus import Command
from shared_kernel.web.access import principal
from shared_kernel.web.admin.changelists import RestrictedLookups
from shared_kernel.web.admin.widgets import style_form
from shared_kernel.web.form_idempotency import dispatch_form, release_selection, selected_keys, was_executed

M = TypeVar("M", bound=models.Model)
_MOST_MESSAGES = 20
#: Rows beyond these are found by filters and searches only.
_MOST_ROWS = 5000

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
else:  # unfold is a matter of looks: without it the plain administration does the same
    _home = "unfold.admin" if apps.is_installed("unfold") else "django.contrib.admin"

    class ModelAdmin(import_string(f"{_home}.ModelAdmin")):
        """Takes its model as a type parameter, which Django's own doesn't."""

        def __class_getitem__(cls, _model):  # noqa: ANN001, ANN204  invisible to the type checker
            return cls


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # Django has it without
    """Pages through the first rows only: counting all of a large table takes longer than showing a page."""

    @cached_property
    def count(self) -> int:
        """The number of rows, up to the cap."""
        rows: Any = self.object_list  # a QuerySet, for all that Django says
        return int(rows.order_by()[:_MOST_ROWS].count())


class ReadOnlyAdmin(RestrictedLookups[M], ModelAdmin[M]):
    """Rows to look at, for holders of `read_scope` (any of several); no way to add, change or delete one."""

    read_scope: ClassVar[str | tuple[str, ...]]

    list_per_page = 50
    paginator = CappedPaginator
    show_full_result_count = False
    # What would write rows, or read other tables, behind the permissions' back.
    inlines = ()
    list_editable = ()
    actions: Any = None  # Django: a sequence, or None to offer nothing

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:  # noqa: ARG002  Django passes it
        """Whether the login may look."""
        return principal(request).may(*_scopes(self.read_scope))

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,  # a template's
    ) -> HttpResponse:
        """What was done to a row here. Django would first say whether there is such a row, to anybody."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the login sees these rows in the index."""
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  Django passes it
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:  # noqa: ARG002  Django passes it
        """Never: rows change through commands."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:  # noqa: ARG002  Django passes it
        """Never: rows change through commands."""
        return False


class CommandAdmin(ReadOnlyAdmin[M]):
    """Rows to look at, and commands to give, for holders of `write_scope` (any of several).

    `add_form` is the form of the command that makes a row, and `add` dispatches it. An action in `actions`
    is offered to holders of `write_scope` alone, and gives its commands by `run_each`. Both give them by
    `dispatch_form`, so that what is sent twice is done once.
    """

    write_scope: ClassVar[str | tuple[str, ...]]
    add_form: ClassVar[type[forms.Form] | None] = None
    actions: Any = ()  # Django: names or functions

    def add(self, request: HttpRequest, data: dict[str, Any]) -> object:  # the form's values
        """Give the command that the filled form stands for. A refusal comes back as errors in the form."""
        raise NotImplementedError

    def has_write_permission(self, request: HttpRequest) -> bool:
        """Whether the login may give commands."""
        return principal(request).may(*_scopes(self.write_scope))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the login may give the command that makes a row."""
        return self.add_form is not None and self.has_write_permission(request)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:  # Django's triples
        """The admin's own actions; never Django's deletion."""
        offered = super().get_actions(request) if self.has_write_permission(request) else {}
        return {name: action for name, action in offered.items() if name != "delete_selected"}

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,  # a template's
    ) -> HttpResponse:
        """Show the command's form, and give the command outside any transaction but its own.

        So the page says either that it is done or why not, never both.
        """
        if self.add_form is None or not self.has_add_permission(request):
            raise PermissionDenied
        form = self.add_form(initial=request.GET.dict())
        if request.method == "POST":
            form = self.add_form(request.POST, request.FILES)
        if form.is_valid():
            with refusals_added_to(form):
                self.add(request, form.cleaned_data)
                self.message_user(request, f"The {self.opts.verbose_name} was added.", messages.SUCCESS)
                where = "add" if "_addanother" in request.POST else "changelist"
                return HttpResponseRedirect(self.page_address(where))
        return self._show(request, form, form_url, extra_context or {})

    def row_to_change(self, request: HttpRequest, id: object) -> M:
        """The row that a command's page is about. Raises PermissionDenied for the read-only, and Http404."""
        if not self.has_write_permission(request):
            raise PermissionDenied
        row = self.model._default_manager.filter(pk=id).first()
        if row is None:
            raise Http404
        return row

    def change_by_form(
        self,
        request: HttpRequest,
        row: M,
        form: forms.Form,
        make_command: Callable[[dict[str, Any]], Command[Any]],  # of the form's values; whatever it answers
        *,
        title: str,
        done: str,
    ) -> HttpResponse:
        """Show a command's form for one row, and once the command was carried out, the row's page."""
        if form.is_valid():
            with refusals_added_to(form):
                dispatch_form(request, make_command(form.cleaned_data))
                self.message_user(request, done, messages.SUCCESS)
                return HttpResponseRedirect(self.page_address("change", row.pk))
        return self._show(request, form, "", {"title": title, "show_save_and_add_another": False})

    def page_address(self, page: str, *arguments: object) -> str:
        """The address of a page of this model: `changelist`, `change` or one of its own."""
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(name, args=arguments)

    def run_each(
        self,
        request: HttpRequest,
        rows: Iterable[M],
        make_command: Callable[[M], Command[Any]],  # whatever it answers
    ) -> None:
        """Dispatch a command for each row, each in its own transaction, and show what was done or refused.

        Sent again, it is about the rows that it was about the first time, those gone since included.
        """
        found = {str(row.pk): row for row in rows}
        done, refused = 0, []
        for key in selected_keys(request, list(found)):
            if key not in found:
                done += was_executed(request, part=key)
                continue
            try:
                dispatch_form(request, make_command(found[key]), part=key)
                done += 1
            except Refused as refusal:
                refused.append(f"{found[key]}: {refusal}")
        if not done:
            release_selection(request)
        self._tell(request, done, refused)

    def response_action(  # type: ignore[override]  # the stubs are of a later Django, with an argument more
        self, request: HttpRequest, queryset: QuerySet[M]
    ) -> HttpResponse | None:
        """Run the action for the rows that were ticked, also if the list's filter hides them by now.

        As it does once the action has been carried out, and the same form arrives again.
        """
        everything = request.POST.get("select_across", "0") != "0"
        answer: HttpResponse | None = super().response_action(
            request, queryset if everything else self.get_queryset(request)
        )
        return answer

    def _tell(self, request: HttpRequest, done: int, refused: Sequence[str]) -> None:
        for each in refused[:_MOST_MESSAGES]:
            self.message_user(request, each, messages.ERROR)
        if len(refused) > _MOST_MESSAGES:
            self.message_user(request, f"{len(refused) - _MOST_MESSAGES} more were refused.", messages.ERROR)
        if done:
            self.message_user(request, f"{done} done.", messages.SUCCESS)

    def _show(
        self, request: HttpRequest, form: forms.Form, form_url: str, extra: dict[str, Any]
    ) -> HttpResponse:
        style_form(form)
        fieldsets = [(None, {"fields": list(form.fields)})]
        # Nothing in these asks for a model, whatever the stubs say.
        shown = helpers.AdminForm(form, fieldsets, {}, (), model_admin=self)  # type: ignore[arg-type]  # see above
        context = {
            **self.admin_site.each_context(request),
            "title": f"Add {self.opts.verbose_name}",
            "adminform": shown,
            "errors": helpers.AdminErrorList(form, []),  # type: ignore[arg-type]  # see above
            "inline_admin_formsets": [],
            "media": self.media + shown.media,
            "show_save_and_continue": False,
            "show_save_and_add_another": True,
            "has_file_field": form.is_multipart(),
            **extra,
        }
        return self.render_change_form(request, context, add=True, change=False, form_url=form_url)


def filter_by_id(rows: QuerySet[M], term: str, *columns: str) -> QuerySet[M]:
    """The rows of which one of these columns is the id that somebody looks for; all, if nobody does."""
    if not term.strip():
        return rows
    try:
        sought = UUID(term.strip())
    except ValueError:
        return rows.none()
    return rows.filter(models.Q(*((column, sought) for column in columns), _connector=models.Q.OR))


@contextmanager
def refusals_added_to(form: forms.Form) -> Iterator[None]:
    """Catches Refused: each reason becomes an error of the form, beside the field at fault."""
    try:
        yield
    except Refused as refused:
        for each in refused.refusals:
            field = (each.pointer or "").strip("/").split("/")[0]
            form.add_error(field if field in form.fields else None, each.detail)


def _scopes(scope: str | tuple[str, ...]) -> tuple[str, ...]:
    return (scope,) if isinstance(scope, str) else scope
