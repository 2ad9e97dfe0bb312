"""A patron's own page."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from lending.pages.form_dispatch import dispatch_with_message
from lending.pages.forms import MyLibraryForm
from lending.services.commands.cancel_hold import CancelHold
from lending.services.commands.renew_loan import RenewLoan
from lending.services.queries.profile import OwnProfile
from shared_kernel.domain.errors import Refused
from shared_kernel.services.queries import ask
from shared_kernel.web.access import OWN, principal, require

MY_LIBRARY = "/my/"


@require(OWN)
@require_http_methods(["GET", "HEAD", "POST"])
def my_library(request: HttpRequest) -> HttpResponse:
    """A patron's loans and holds; they can renew loans and cancel holds here."""
    login = principal(request).login_id or 0
    if request.method == "POST":
        form = MyLibraryForm(request.POST)
        if form.is_valid():
            _change(request, form, login)
        return HttpResponseRedirect(MY_LIBRARY)
    try:
        profile = ask(OwnProfile(login=login))
    except Refused:
        profile = None
    return render(request, "lending/my_library.html", {"profile": profile})


def _change(request: HttpRequest, form: MyLibraryForm, login: int) -> None:
    """Dispatch one command, since the form has one idempotency key."""
    loan, hold = form.cleaned_data["renew"], form.cleaned_data["cancel"]
    if loan:
        dispatch_with_message(request, RenewLoan(loan=loan, viewer_login=login), success="Renewed.")
    elif hold:
        dispatch_with_message(
            request, CancelHold(hold=hold, viewer_login=login), success="The hold was cancelled."
        )
