"""The categories of patrons in the administration."""

from typing import Any

from django.http import HttpRequest

from patrons.administration.forms import CategoryForm
from patrons.models import CategoryRow
from patrons.services.commands.define_category import DefineCategory
from shared_kernel.web.admin.base import CommandAdmin
from shared_kernel.web.form_idempotency import dispatch_form


class CategoryAdmin(CommandAdmin[CategoryRow]):
    """The categories of patrons. One that nobody is to be in any more does no harm: it is never deleted."""

    read_scope = "patrons:read"
    write_scope = "rules:write"
    add_form = CategoryForm
    list_display = ("code", "name")
    search_fields = ("code", "name")

    def add(self, request: HttpRequest, data: dict[str, Any]) -> object:  # the form's values
        """Add or rename a category."""
        return dispatch_form(request, DefineCategory(**data))
