"""How a patron gets a password: asks for a link, and follows it."""

from math import ceil

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import Throttled

from patrons.services.commands.send_password_link import RequestPasswordLink
from patrons.services.commands.set_password import LinkInvalid, PasswordTooWeak, SetPassword
from patrons.services.queries.password_links import PasswordLinkIsValid
from shared_kernel.services.queries import ask
from shared_kernel.web.access import PUBLIC, require
from shared_kernel.web.client_address import client_address
from shared_kernel.web.form_idempotency import dispatch_form
from shared_kernel.web.token_bucket import TokenBucket

#: So many links may be asked for from one address; how many letters one patron gets is limited as well.
LINKS_A_MINUTE = 20
link_requests = TokenBucket()


class LinkForm(forms.Form):
    """Who wants a link."""

    to = forms.CharField(max_length=254, label="E-mail address or card number")


class PasswordForm(forms.Form):
    """A new password, twice against slips of the finger."""

    password = forms.CharField(
        max_length=200,
        strip=False,
        label="New password",
        help_text="At least 10 characters.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        max_length=200,
        strip=False,
        label="The same again",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        """The repetition. Raises ValidationError where it is none."""
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password", again):
            raise forms.ValidationError("The two passwords differ.")
        return again


@require_http_methods(["GET", "HEAD", "POST"])
@require(PUBLIC)
def ask_for_link(request: HttpRequest) -> HttpResponse:
    """Ask for a link; the answer is the same whether there is such a patron or not."""
    form = LinkForm(request.POST or None)
    if not form.is_valid():
        return render(request, "patrons/ask_for_link.html", {"form": form})
    wait = link_requests.take(client_address(request) or "nowhere", per_minute=LINKS_A_MINUTE)
    if wait:
        raise Throttled(wait=ceil(wait))
    dispatch_form(request, RequestPasswordLink(to=form.cleaned_data["to"]))
    return render(request, "patrons/link_sent.html")


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@require(PUBLIC)
def set_password(request: HttpRequest, login: str, token: str) -> HttpResponse:
    """Set the password of the login that the link names, once."""
    form = PasswordForm(request.POST or None)
    if form.is_valid():
        try:
            dispatch_form(
                request, SetPassword(login=login, token=token, password=form.cleaned_data["password"])
            )
        except PasswordTooWeak as weak:
            form.add_error("password", weak.detail)
        except LinkInvalid:
            return render(request, "patrons/link_invalid.html")
        else:
            messages.success(request, "Your password is set. Log in with it.")
            return HttpResponseRedirect(reverse(settings.LOGIN_URL.strip("/")))
    if not ask(PasswordLinkIsValid(login=login, token=token)):
        return render(request, "patrons/link_invalid.html")
    return render(request, "patrons/set_password.html", {"form": form})
