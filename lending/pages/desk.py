"""The circulation desk."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from lending.pages.form_dispatch import dispatch_with_message
from lending.pages.forms import LendCopyForm, ReturnCopyForm
from lending.services.commands.borrow_book import BorrowBook
from lending.services.commands.cancel_hold import CancelHold
from lending.services.commands.mark_hold_ready import MarkHoldReady
from lending.services.commands.post_payment import PostPayment
from lending.services.commands.renew_loan import RenewLoan
from lending.services.commands.report_copy_not_found import ReportCopyNotFound
from lending.services.commands.return_book import ReturnBook
from lending.services.queries.desk import DeskBoard
from lending.services.queries.lookups import FindBorrower
from lending.services.queries.profile import CardProfile
from shared_kernel.domain.days import day_ended_by, format_day
from shared_kernel.domain.errors import Refused
from shared_kernel.services.bus import Command
from shared_kernel.services.queries import ask
from shared_kernel.web.access import PAYMENTS, principal, require
from shared_kernel.web.form_idempotency import dispatch_form

DESK = "/desk/"
_WRITE = "circulation:write"
#: What a button at the desk does, by its place in the address: the command and the message of success.
_CHANGES: Final[Mapping[str, tuple[Callable[[UUID], Command[Any]], str]]] = {  # results differ
    "renew": (lambda loan: RenewLoan(loan=loan), "Renewed."),
    "cancel": (lambda hold: CancelHold(hold=hold), "The hold was cancelled."),
    "ready": (lambda hold: MarkHoldReady(hold=hold), "The copy is on the hold shelf."),
    "not-found": (lambda hold: ReportCopyNotFound(hold=hold), "The copy was reported as not found."),
}


@require(_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: HttpRequest) -> HttpResponse:
    """Lend and return copies, and see today's work."""
    card = request.GET.get("patron", "")[:254].strip()
    lend_form = LendCopyForm(initial={"patron": card}, auto_id="lend_%s")
    return_form = ReturnCopyForm(auto_id="return_%s")
    if request.method == "POST" and "give_back" in request.POST:
        return_form = ReturnCopyForm(request.POST, auto_id="return_%s")
        if return_form.is_valid() and _return(request, return_form):
            return _redirect_to_desk(card)
    elif request.method == "POST":
        lend_form = LendCopyForm(request.POST, auto_id="lend_%s")
        if lend_form.is_valid() and (borrower := _lend(request, lend_form)):
            return _redirect_to_desk(borrower)
        card = lend_form.data.get("patron", "")[:254]
    context = {
        "lend_form": lend_form,
        "return_form": return_form,
        "card": card,
        "profile": _profile(request, card),
        "board": ask(DeskBoard()),
        "may_override": principal(request).may("override"),
    }
    return render(request, "lending/desk.html", context)


@require(_WRITE)
@require_POST
def change_at_desk(request: HttpRequest, what: str, id: UUID) -> HttpResponse:
    """Renew a loan or change a hold, and return to the patron."""
    if what not in _CHANGES:
        raise Http404
    command, success = _CHANGES[what]
    dispatch_with_message(request, command(id), success=success)
    return _redirect_to_desk(request.POST.get("patron", "")[:254])


@require("accounts:write", PAYMENTS)
@require_POST
def pay_at_desk(request: HttpRequest, patron: UUID) -> HttpResponse:
    """Take a patron's payment, and return to the patron."""
    payment = PostPayment(patron=patron, amount=request.POST.get("amount", "")[:20])
    dispatch_with_message(request, payment, success="Payment taken.")
    return _redirect_to_desk(request.POST.get("patron", "")[:254])


def _lend(request: HttpRequest, form: LendCopyForm) -> str | None:
    """Lend, and return the borrower's card number; None if refused, with the reasons as form errors."""
    values = form.cleaned_data
    may_override = values["comment"] and principal(request).may("override")
    override = tuple(values["override"].split()) if may_override else ()
    try:
        card = ask(FindBorrower(card_or_email=values["patron"]))
        loan = dispatch_form(
            request,
            BorrowBook(
                copy_barcode=values["copy"],
                patron_card=card,
                override=override,
                comment=values["comment"] if override else "",
            ),
        )
    except Refused as refused:
        for reason in refused.refusals:
            form.add_error(None, reason.detail)
        form.refused_codes = " ".join(reason.code for reason in refused.refusals)  # type: ignore[attr-defined]  # for the template
        return None
    messages.success(
        request, f"Lent “{loan.title}” ({loan.copy_barcode}), due {format_day(day_ended_by(loan.due_at))}."
    )
    return card


def _return(request: HttpRequest, form: ReturnCopyForm) -> bool:
    """Return the copy and say what happens to it next; False if refused, with the reasons as form errors."""
    try:
        result = dispatch_form(request, ReturnBook(copy_barcode=form.cleaned_data["copy"]))
    except Refused as refused:
        for reason in refused.refusals:
            form.add_error("copy", reason.detail)
        return False
    if result.loan:
        messages.success(request, f"Returned “{result.loan.title}” ({result.loan.copy_barcode}).")
    if result.hold and result.hold.state == "ready":
        messages.warning(request, "This copy is held for another patron. Put it on the hold shelf.")
    elif result.hold:
        messages.warning(
            request, f"This copy is held for pickup at {result.hold.pickup_branch}. Send it there."
        )
    if result.in_house:
        messages.info(request, "The copy was not on loan. It was counted as used in the library.")
    elif not result.loan and not result.hold:
        messages.info(request, "This copy was already returned a moment ago.")
    return True


def _profile(request: HttpRequest, card: str) -> object:
    if not card:
        return None
    try:
        return ask(CardProfile(card_or_email=card))
    except Refused as refused:
        if request.method != "POST":
            messages.error(request, str(refused))
        return None


def _redirect_to_desk(card: str) -> HttpResponse:
    return HttpResponseRedirect(f"{DESK}?{urlencode({'patron': card})}" if card else DESK)
