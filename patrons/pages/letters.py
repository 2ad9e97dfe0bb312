"""A patron's own choices: their letters and the language of these, and how long loans are remembered."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from patrons.domain.language import LANGUAGES
from patrons.domain.notice import OPTIONAL
from patrons.domain.patron import PatronNotFound
from patrons.domain.privacy import Privacy
from patrons.services.commands.update_contact import UpdateContact
from patrons.services.patron_details import PatronDetails
from patrons.services.queries.patrons import OwnPatron
from shared_kernel.services.queries import ask
from shared_kernel.web.access import OWN, principal, require
from shared_kernel.web.admin.base import refusals_added_to
from shared_kernel.web.form_idempotency import dispatch_form

#: What each kind of letter that one can do without is for.
_WANTED: Final = {
    "loan_receipt": "I have borrowed something",
    "renewal_confirmation": "I have renewed something",
    "return_confirmation": "I have returned something",
    "due_soon": "Something is due soon",
    "hold_first": "I am first in the queue for something",
    "payment_receipt": "I have paid something",
    "membership_expiring": "My membership ends soon",
}


_PRIVACY_CHOICES: Final = {
    Privacy.DEFAULT.value: "Keep it for the library's usual time",
    Privacy.FOREVER.value: "Keep it",
    Privacy.NEVER.value: "Do not keep it",
}


class LettersForm(forms.Form):
    """The letters that a patron wants, their language, and whether the loan history is kept."""

    language = forms.TypedChoiceField(
        choices=[("", "The library's"), *LANGUAGES.items()], required=False, empty_value=None
    )
    wanted = forms.MultipleChoiceField(
        choices=[(kind, _WANTED[kind]) for kind in OPTIONAL],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Write to me when",
        help_text="Other letters, for example about overdue loans or holds that are ready, are always sent.",
    )
    privacy = forms.ChoiceField(
        choices=[*_PRIVACY_CHOICES.items()],
        label="My loan history",
        help_text="Current loans, and loans that you still owe something for, are always kept.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    @staticmethod
    def values_of(patron: PatronDetails) -> dict[str, Any]:  # as various as the fields
        """What the form shows before anything is changed."""
        wanted = [kind for kind in OPTIONAL if kind not in patron.declined_notices]
        return {
            "language": patron.language,
            "wanted": wanted,
            "privacy": patron.privacy,
            "version": patron.version,
        }


@require_http_methods(["GET", "HEAD", "POST"])
@require(OWN)
def my_letters(request: HttpRequest) -> HttpResponse:
    """Show the choice of the patron behind this login, or change it."""
    login = principal(request).login_id or 0
    try:
        patron = ask(OwnPatron(login=login))
    except PatronNotFound:
        return render(request, "patrons/my_letters.html")
    form = LettersForm(request.POST or None, initial=LettersForm.values_of(patron))
    if form.is_valid() and _is_changed(request, form, patron, login):
        messages.success(request, "Your choice is saved.")
        return HttpResponseRedirect(request.path)
    return render(request, "patrons/my_letters.html", {"form": form})


def _is_changed(request: HttpRequest, form: LettersForm, patron: PatronDetails, login: int) -> bool:
    said = form.cleaned_data
    command = UpdateContact(
        patron=patron.id,
        viewer_login=login,
        language=said["language"],
        declined_notices=tuple(kind for kind in OPTIONAL if kind not in said["wanted"]),
        privacy=said["privacy"],
        version=said["version"],
    )
    with refusals_added_to(form):
        dispatch_form(request, command)
    return form.is_valid()
