"""Circuit breakers in the administration: an operator holds one open or closes it."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from shared_kernel.domain.errors import Refused
from shared_kernel.models import Breaker
from shared_kernel.resilience.registry import all_breakers
from shared_kernel.services.breakers import CloseBreaker, HoldBreakerOpen
from shared_kernel.web.admin.base import CommandAdmin
from shared_kernel.web.form_idempotency import dispatch_form


class BreakerForm(forms.Form):
    """HoldBreakerOpen or CloseBreaker, to be filled in for one breaker."""

    comment = forms.CharField(max_length=500, required=False)
    name = forms.CharField(max_length=64)
    order = forms.ChoiceField(choices=[("open", "Hold open"), ("close", "Close")])


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
