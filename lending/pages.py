"""Lending's pages for people: the circulation desk, and a patron's own library."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from lending.services.commands.borrow_book import BorrowBook
from lending.services.commands.change_hold import CancelHold, MarkHoldReady, ReportCopyNotFound
from lending.services.commands.renew_loan import RenewLoan
from lending.services.commands.return_book import ReturnBook
from lending.services.commands.settle_account import PostPayment
from lending.services.queries.desk import DeskBoard
from lending.services.queries.loans import FindBorrower
from lending.services.queries.profile import CardProfile, OwnProfile
from shared_kernel.domain.errors import Refused
from shared_kernel.services.bus import Command
from shared_kernel.services.queries import ask
from shared_kernel.web.access import OWN, PAYMENTS, principal, require
from shared_kernel.web.form_keys import dispatch_form

DESK, MY_LIBRARY = "/desk/", "/my/"
_WRITE = "circulation:write"


class LendForm(forms.Form):
    """Lend a copy; with `override`, against the refusals that were shown, for a reason."""

    patron = forms.CharField(max_length=254, label="Patron's card or email")
    copy = forms.CharField(max_length=64, label="Copy's barcode")
    override = forms.CharField(max_length=500, required=False, widget=forms.HiddenInput)
    comment = forms.CharField(max_length=500, required=False, label="Lend all the same, because")


class ReturnForm(forms.Form):
    """Take a copy back."""

    copy = forms.CharField(max_length=64, label="Copy's barcode")


@require(_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: HttpRequest) -> HttpResponse:
    """Lend, take back, and see what is to be done today."""
    card = request.GET.get("patron", "")[:254].strip()
    lend = LendForm(initial={"patron": card}, auto_id="lend_%s")
    give_back = ReturnForm(auto_id="return_%s")
    if request.method == "POST" and "give_back" in request.POST:
        give_back = ReturnForm(request.POST, auto_id="return_%s")
        if give_back.is_valid() and _take_back(request, give_back):
            return _to_desk(card)
    elif request.method == "POST":
        lend = LendForm(request.POST, auto_id="lend_%s")
        if lend.is_valid() and (borrower := _lend(request, lend)):
            return _to_desk(borrower)
        card = lend.data.get("patron", "")[:254]
    context = {
        "lend": lend,
        "give_back": give_back,
        "card": card,
        "profile": _profile(request, card),
        "board": ask(DeskBoard()),
        "may_override": principal(request).may("override"),
    }
    return render(request, "lending/desk.html", context)


@require(_WRITE)
@require_POST
def change_at_desk(request: HttpRequest, what: str, id: UUID) -> HttpResponse:
    """Renew a loan or change a hold from the desk, and come back to the patron."""
    commands: dict[str, tuple[Callable[[], Command[Any]], str]] = {  # each answers its own view
        "renew": (lambda: RenewLoan(loan=id), "Renewed."),
        "cancel": (lambda: CancelHold(hold=id), "The hold was cancelled."),
        "ready": (lambda: MarkHoldReady(hold=id), "The copy is on the hold shelf."),
        "not-found": (lambda: ReportCopyNotFound(hold=id), "Noted: the copy is not on its shelf."),
    }
    if what not in commands:
        raise Http404
    make, done = commands[what]
    _give(request, make(), done=done)
    return _to_desk(request.POST.get("patron", "")[:254])


@require("accounts:write", PAYMENTS)
@require_POST
def pay_at_desk(request: HttpRequest, patron: UUID) -> HttpResponse:
    """Take a patron's payment, and come back to the patron."""
    _give(
        request, PostPayment(patron=patron, amount=request.POST.get("amount", "")[:20]), done="Payment taken."
    )
    return _to_desk(request.POST.get("patron", "")[:254])


@require(OWN)
@require_http_methods(["GET", "HEAD", "POST"])
def my_library(request: HttpRequest) -> HttpResponse:
    """A patron's loans and holds; loans can be renewed, holds given up."""
    login = principal(request).login_id or 0
    if request.method == "POST":
        form = OwnForm(request.POST)
        if form.is_valid():
            loan, hold = form.cleaned_data["renew"], form.cleaned_data["cancel"]
            if loan:
                _give(request, RenewLoan(loan=loan, viewer_login=login), done="Renewed.")
            elif hold:  # one command for the form's one key
                _give(request, CancelHold(hold=hold, viewer_login=login), done="The hold was given up.")
        return HttpResponseRedirect(MY_LIBRARY)
    try:
        profile = ask(OwnProfile(login=login))
    except Refused:
        profile = None
    return render(request, "lending/my_library.html", {"profile": profile})


class OwnForm(forms.Form):
    """What a patron may do with their own."""

    renew = forms.UUIDField(required=False)
    cancel = forms.UUIDField(required=False)


def _lend(request: HttpRequest, form: LendForm) -> str | None:
    """Lend, and answer with the card that was meant; None where it was refused, said in the form."""
    given = form.cleaned_data
    override = (
        tuple(given["override"].split()) if given["comment"] and principal(request).may("override") else ()
    )
    try:
        card = ask(FindBorrower(card_or_email=given["patron"]))
        loan = dispatch_form(
            request,
            BorrowBook(
                copy_barcode=given["copy"],
                patron_card=card,
                override=override,
                comment=given["comment"] if override else "",
            ),
        )
    except Refused as refused:
        for reason in refused.refusals:
            form.add_error(None, reason.detail)
        form.refused_codes = " ".join(reason.code for reason in refused.refusals)  # type: ignore[attr-defined]  # for the template
        return None
    messages.success(request, f"Lent “{loan.title}” ({loan.copy_barcode}), due {loan.due_at:%-d %B %Y}.")
    return card


def _take_back(request: HttpRequest, form: ReturnForm) -> bool:
    try:
        receipt = dispatch_form(request, ReturnBook(copy_barcode=form.cleaned_data["copy"]))
    except Refused as refused:
        for reason in refused.refusals:
            form.add_error("copy", reason.detail)
        return False
    if receipt.loan:
        messages.success(request, f"Returned “{receipt.loan.title}” ({receipt.loan.copy_barcode}).")
    if receipt.hold and receipt.hold.state == "ready":
        messages.warning(request, "Somebody waits for this copy: put it on the hold shelf.")
    elif receipt.hold:
        messages.warning(request, f"Held for pickup at {receipt.hold.pickup_branch}: send it there.")
    if receipt.in_house:
        messages.info(request, "It was not on loan: counted as used in the house.")
    elif not receipt.loan and not receipt.hold:
        messages.info(request, "It was returned a moment ago.")
    return True


def _give(request: HttpRequest, command: Command[Any], *, done: str) -> None:  # whatever it answers
    try:
        dispatch_form(request, command)
    except Refused as refused:
        for reason in refused.refusals:
            messages.error(request, reason.detail)
    else:
        messages.success(request, done)


def _profile(request: HttpRequest, card: str) -> object:
    if not card:
        return None
    try:
        return ask(CardProfile(card_or_email=card))
    except Refused as refused:
        if request.method != "POST":
            messages.error(request, str(refused))
        return None


def _to_desk(card: str) -> HttpResponse:
    return HttpResponseRedirect(f"{DESK}?{urlencode({'patron': card})}" if card else DESK)
