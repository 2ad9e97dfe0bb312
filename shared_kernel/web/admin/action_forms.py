"""Actions of the administration that ask something before they give their commands."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from shared_kernel.services.bus import Command
from shared_kernel.web.admin.base import CommandAdmin
from shared_kernel.web.admin.widgets import style_form

F = TypeVar("F", bound=forms.Form)
M = TypeVar("M", bound=Model)
#: So many rows at most are asked about on one page.
_MOST_AT_ONCE = 100


def bound_form(form: type[F], request: HttpRequest) -> F:
    """The form as it was filled in on the page that asked; empty on the way to that page."""
    asked_before = any(field in request.POST for field in form.base_fields)
    return form(request.POST if asked_before else None)


class ActionFormAdmin(CommandAdmin[M]):
    """Rows, and actions whose commands need a form besides the selected rows."""

    def told(self, row: M) -> str:
        """What a row is called on the page that asks."""
        return str(row)

    def ask(
        self,
        request: HttpRequest,
        rows: QuerySet[M],
        form: forms.Form,
        make_command: Callable[[M, dict[str, Any]], Command[Any]],  # the form's values; any result
    ) -> HttpResponse | None:
        """Show what is about to happen to whom, and the form; once it is filled in, give the commands."""
        if len(rows[: _MOST_AT_ONCE + 1]) > _MOST_AT_ONCE:
            self.message_user(
                request, f"Select {_MOST_AT_ONCE} {self.opts.verbose_name_plural} at most.", messages.ERROR
            )
            return None
        if form.is_valid():
            self.run_each(request, rows, lambda row: make_command(row, form.cleaned_data))
            return None
        style_form(form)
        action = request.POST["action"]
        context = {
            **self.admin_site.each_context(request),
            "title": str(self.get_actions(request)[action][2]).rstrip("…"),
            "opts": self.opts,
            "form": form,
            "rows": [(row.pk, self.told(row)) for row in rows],
            "action": action,
            "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "ask.html", context)
