"""The pages that belong to no context: logging in and out, and the links that every page shows."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.functional import SimpleLazyObject

from shared_kernel.web.access import OWN, Principal, of_login, principal
from shared_kernel.web.login_limits import remember_browser

CATALOGUE, MY_LIBRARY, DESK, ADMINISTRATION, API_DOCS = "/", "/my/", "/desk/", "/admin/", "/docs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A place to go to. `current` where one is there already."""

    title: str
    address: str
    current: bool


def navigation(request: HttpRequest) -> dict[str, Any]:  # a template's context
    """Context processor: `navigation`, the links that this login may follow, worked out only if shown."""
    return {"navigation": SimpleLazyObject(lambda: _links(request))}


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: say whether the request's host name is what is wrong with it."""
    context = {"wrong_host": isinstance(exception, DisallowedHost)}
    return HttpResponse(render_to_string("400.html", context), status=400)


class LibraryLoginView(LoginView):
    """Log in with a name and a password; then on to where one works."""

    template_name = "login.html"
    http_method_names = ["get", "head", "post", "options"]
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Log in; this browser is known from now on, so that strangers' guesses don't hold it up."""
        response = super().form_valid(form)
        remember_browser(self.request, response, name=form.cleaned_data["username"])
        return response

    def get_default_redirect_url(self) -> str:
        """The desk for those who lend, their own page for patrons, the administration for the rest."""
        return _home(of_login(self.request.user))


class LibraryLogoutView(LogoutView):
    """Log out, by POST alone, so that no foreign page can do it."""

    http_method_names = ["post", "options"]


def _home(who: Principal) -> str:
    if who.may("circulation:write"):
        return DESK
    if who.may(OWN):
        return MY_LIBRARY
    return ADMINISTRATION if who.is_staff else CATALOGUE


def _links(request: HttpRequest) -> list[Link]:
    who = principal(request)
    offered = [
        ("Catalogue", CATALOGUE, True),
        ("My library", MY_LIBRARY, who.may(OWN)),
        ("Desk", DESK, who.may("circulation:write")),
        ("Administration", ADMINISTRATION, who.is_staff),
        ("API", API_DOCS, True),
    ]
    return [
        Link(title=title, address=address, current=_is_at(request.path, address))
        for title, address, open_to in offered
        if open_to
    ]


def _is_at(path: str, address: str) -> bool:
    return path == address or (address != CATALOGUE and path.startswith(address))
