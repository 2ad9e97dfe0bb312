"""The administration's site: roles decide who has access, and it uses the common login page."""

from typing import TYPE_CHECKING, Any, cast

from django.apps import apps
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.module_loading import import_string

from shared_kernel.web.access import principal

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
else:  # unfold is a matter of looks: without it the plain administration does the same
    AdminSite = import_string(
        "unfold.sites.UnfoldAdminSite" if apps.is_installed("unfold") else "django.contrib.admin.AdminSite"
    )


class LibraryAdminSite(AdminSite):
    """Open to librarians, managers, operators and superusers; what each sees inside is a matter of scopes."""

    index_title = "Today"
    index_template = "dashboard.html" if apps.is_installed("unfold") else None

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the login has a role among the staff."""
        return principal(request).is_staff

    def password_change(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # a template's
    ) -> TemplateResponse:
        """Let somebody of the staff change their password."""
        # Late: its form is unfold's, which asks for models.
        from shared_kernel.web.admin.password_change import StaffPasswordChangeView

        request.current_app = self.name
        shown = {**self.each_context(request), **(extra_context or {})}
        view = StaffPasswordChangeView.as_view(
            success_url=reverse(f"{self.name}:password_change_done"),
            template_name=self.password_change_template or "registration/password_change_form.html",
            extra_context=shown,
        )
        return cast("TemplateResponse", view(request))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002  Django passes it
        """Send people to the library's own login page; a login that may not come in is answered 403."""
        if not principal(request).is_anonymous:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", "/admin/"))
