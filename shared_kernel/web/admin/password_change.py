"""The page of the administration on which somebody of the staff changes their own password."""

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.module_loading import import_string

from shared_kernel.services.logins import ChangePassword
from shared_kernel.web.form_idempotency import dispatch_form

if TYPE_CHECKING:
    from django.contrib.auth.forms import PasswordChangeForm
else:  # unfold is a matter of looks: without it the plain administration does the same
    PasswordChangeForm = import_string(
        "unfold.forms.AdminOwnPasswordChangeForm"
        if apps.is_installed("unfold")
        else "django.contrib.admin.forms.AdminPasswordChangeForm"
    )


class StaffPasswordChangeForm(PasswordChangeForm):
    """The present password and a new one, twice."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:  # Django's
        super().__init__(*args, **kwargs)
        self._request = request

    def clean_old_password(self) -> str:
        """Check the current password as the login does: failures count (login_limits.py)."""
        given: str = self.cleaned_data["old_password"]
        found = authenticate(self._request, username=self.user.get_username(), password=given)
        if found is None or found.pk != self.user.pk:
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return given

    def save(self, commit: bool = True) -> User:  # noqa: ARG002, FBT001, FBT002  Django's signature
        """Give the command, so that the change is on record."""
        command = ChangePassword(id=self.user.pk, password=self.cleaned_data["new_password1"])
        dispatch_form(self._request, command)
        self.user.refresh_from_db(fields=["password"])
        user: User = self.user
        return user


class StaffPasswordChangeView(PasswordChangeView):
    """Django's page, with that form."""

    form_class = StaffPasswordChangeForm

    def get_form_kwargs(self) -> dict[str, Any]:  # a form's arguments
        """What the form is made of."""
        return {**super().get_form_kwargs(), "request": self.request}
