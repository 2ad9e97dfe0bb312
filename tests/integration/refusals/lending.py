"""What lending refuses because of the state of things or by its rules, each by a request that meets it."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from catalog.services.commands.change_copy_condition import ChangeCopyCondition
from lending.models import LoanRow
from lending.services.commands.cancel_hold import CancelHold
from lending.services.commands.declare_lost import DeclareLost
from lending.services.commands.place_hold import PlaceHold
from lending.services.commands.set_rule import SetRule
from lending.services.hold_details import HoldDetails
from lending.services.loan_details import LoanDetails
from patrons.services.commands.add_block import AddBlock
from patrons.services.commands.define_category import DefineCategory
from patrons.services.patron_details import PatronDetails
from shared_kernel.services.commands import dispatch
from shared_kernel.services.request_context import with_context
from tests.factories import a_book, a_branch, a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.integration.refusals.call import NOBODY, Call
from tests.integration.refusals.examples import (
    a_charge,
    a_closure,
    a_hold,
    a_late_return,
    a_return,
    an_allocated_hold,
)

Cases = Mapping[str, Callable[[], Call]]
_TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()


def lend(copy: str | None = None, patron: PatronDetails | None = None, **more: Any) -> Call:
    """The request that lends a copy to a patron, each of its own unless said."""
    card = (patron or a_patron()).card_number
    return Call(path="loans", body={"copy_barcode": copy or a_copy().barcode, "patron_card": card, **more})


def hold(book: object = None, patron: PatronDetails | None = None, **more: Any) -> Call:
    """The request that places a hold, likewise."""
    card = (patron or a_patron()).card_number
    return Call(path="holds", body={"book": str(book or a_copy().book), "patron_card": card, **more})


def ruled(call: Callable[..., Call], **values: Any) -> Call:
    """The request, under such terms for all regular patrons' books."""
    dispatch(SetRule(category="regular", item_type="book", values=values))
    return call()


def of_loan(what: str, loan: LoanDetails, **headers: str) -> Call:
    """A request about a loan."""
    return Call(path=f"loans/{loan.id}/{what}", headers=headers)


def lent_under(**values: Any) -> LoanDetails:
    """A loan of ten days ago under such terms."""
    dispatch(SetRule(category="regular", item_type="book", values=values))
    with with_context(acts_at=datetime.now(UTC) - timedelta(days=10)):
        return a_loan()


def expired() -> PatronDetails:
    """A patron whose membership is over."""
    return a_patron(expires_on=date(2020, 1, 1))


def block(patron: PatronDetails) -> PatronDetails:
    """Suspend a patron."""
    return dispatch(AddBlock(patron=patron.id, reason="Card stolen."))


def blocked() -> PatronDetails:
    """A suspended patron."""
    return block(a_patron())


def held_copy() -> str:
    """The barcode of a copy that is set aside for somebody."""
    copy = a_copy()
    a_hold(book=copy.book)
    return copy.barcode


def without_terms() -> PatronDetails:
    """A patron of a category that no rule names."""
    return a_patron(category=dispatch(DefineCategory(code="guest", name="Guests")))


def damaged() -> str:
    """The barcode of a copy that isn't lent."""
    barcode = a_copy().barcode
    dispatch(ChangeCopyCondition(barcode=barcode, condition="damaged", reason="Torn"))
    return barcode


def lost() -> LoanDetails:
    """A loan of a copy that was given up."""
    return dispatch(DeclareLost(loan=a_loan().id))


def anonymous() -> LoanDetails:
    """A loan of which nobody knows whose it was."""
    loan = a_return()
    LoanRow.objects.filter(id=loan.id).update(patron_id=None, anonymised_at=datetime.now(UTC))
    return loan


def cancelled() -> HoldDetails:
    """A hold that was given up."""
    return dispatch(CancelHold(hold=a_hold().id))


def _lend_again() -> Call:
    patron = a_patron()
    return lend(a_loan(patron_card=patron.card_number).copy_barcode, patron)


def _hold_own() -> Call:
    patron = a_patron()
    return hold(a_loan(patron_card=patron.card_number).book, patron)


def _hold_again() -> Call:
    patron, book = a_patron(), a_loan().book
    dispatch(PlaceHold(book=book, patron_card=patron.card_number))
    return hold(book, patron)


def _renew_of(
    patron: PatronDetails, *, then: Callable[[PatronDetails], object] = lambda _: None, at: str | None = None
) -> Call:
    loan = a_loan(patron_card=patron.card_number)
    then(patron)
    return of_loan("renew", loan, **({"Library-Now": at} if at else {}))


def _renew_waited_for() -> Call:
    loan = a_loan()
    a_hold(book=loan.book)
    return of_loan("renew", loan)


def _undo_of_missing() -> Call:
    loan = a_return()
    dispatch(ChangeCopyCondition(barcode=loan.copy_barcode, condition="missing", reason="not on its shelf"))
    return of_loan("undo-return", loan)


def _pay(amount: str) -> Call:
    return Call(path=f"patrons/{a_late_return()[0].id}/payments", body={"amount": amount})


def _waive(amount: str = "0.10", reason: str = "A mistake") -> Call:
    patron, _ = a_late_return()
    body = {"charge": a_charge(patron), "amount": amount, "reason": reason}
    return Call(path=f"patrons/{patron.id}/waivers", body=body)


def _return(**body: object) -> Call:
    return Call(path="returns", body={"copy_barcode": a_loan().copy_barcode, **body})


def _of_hold(what: str, it: HoldDetails, **body: object) -> Call:
    return Call(path=f"holds/{it.id}/{what}", body=body or None)


def _rule(**body: object) -> Call:
    return Call(path="rules", body={"values": {"loan_days": 7}, "category": "regular", **body})


def _branch(**body: object) -> Call:
    return Call(path="branches", body={"code": "EAST", "name": "East", "time_zone": "UTC", **body})


def _closure(first_on: str = "2035-01-01", last_on: str = "2035-01-02", reason: str = "Painting") -> Call:
    return Call(path="branches/MAIN/closures", body={"from": first_on, "to": last_on, "reason": reason})


def _closed_twice() -> Call:
    a_closure(date(2035, 1, 2))
    return _closure()


def _branch_again() -> Call:
    a_branch("EAST")
    return _branch()


def _nobody(path: str) -> Call:
    body = {"loans": {"copy_barcode": a_copy().barcode}, "holds": {"book": str(a_copy().book)}}[path]
    return Call(path=path, body={**body, "patron_card": "NONE"})


def _eligible(copy: str | None = None, card: str | None = None) -> Call:
    copy, card = copy or a_copy().barcode, card or a_patron().card_number
    return Call(path="eligibility", query={"copy_barcode": copy, "patron_card": card})


def _served(what: str) -> Cases:
    return {
        "hold_not_active": lambda: _of_hold(what, cancelled()),
        "hold_not_allocated": lambda: _of_hold(what, a_hold()),
    }


LENDING: dict[str, Cases] = {
    "POST loans": {
        "unknown_copy": lambda: lend("NONE"),
        "unknown_patron": lambda: _nobody("loans"),
        "reason_required": lambda: lend(override={"codes": ["patron_blocked"], "comment": " "}),
        "copy_not_lendable": lambda: lend(damaged()),
        "copy_not_available": lambda: lend(a_loan().copy_barcode),
        "already_on_loan": _lend_again,
        "held_for_another": lambda: lend(held_copy()),
        "patron_blocked": lambda: lend(patron=blocked()),
        "membership_expired": lambda: lend(patron=expired()),
        "no_terms_for_category": lambda: lend(patron=without_terms()),
        "age_unknown": lambda: ruled(lend, min_age=18),
        "too_young": lambda: ruled(lambda: lend(patron=a_patron(birth_date=date(2020, 1, 1))), min_age=18),
        "loan_limit_reached": lambda: ruled(lend, max_loans=0),
        "item_type_limit_reached": lambda: ruled(lend, max_of_type=0),
        "overdue_block": lambda: ruled(lend, block_overdue=0),
        "balance_block": lambda: ruled(lambda: lend(patron=a_late_return()[0]), block_balance="0.00"),
    },
    "POST loans/{}/renew": {
        "loan_anonymised": lambda: of_loan("renew", anonymous()),
        "not_renewable": lambda: of_loan("renew", a_return()),
        "patron_blocked": lambda: _renew_of(a_patron(), then=block),
        "membership_expired": lambda: _renew_of(
            a_patron(expires_on=date(2050, 1, 1)), at="2060-01-01T00:00:00Z"
        ),
        "renewal_limit_reached": lambda: of_loan("renew", lent_under(renewals=0)),
        "too_soon": lambda: of_loan("renew", lent_under(renew_window_days=1)),
        "waited_for": _renew_waited_for,
        "overdue": lambda: of_loan("renew", lent_under(renew_overdue=False, loan_days=5)),
        "due_date_not_later": lambda: ruled(
            lambda: of_loan("renew", a_loan()), renew_from="today", renew_window_days="none"
        ),
    },
    "POST loans/{}/declare-lost": {
        "loan_anonymised": lambda: of_loan("declare-lost", anonymous()),
        "already_lost": lambda: of_loan("declare-lost", lost()),
        "loan_not_open": lambda: of_loan("declare-lost", a_return()),
    },
    "POST loans/{}/claim-returned": {
        "loan_anonymised": lambda: of_loan("claim-returned", anonymous()),
        "loan_not_open": lambda: of_loan("claim-returned", a_return()),
    },
    "POST loans/{}/undo-return": {
        "loan_anonymised": lambda: of_loan("undo-return", anonymous()),
        "undo_too_late": lambda: of_loan("undo-return", a_loan()),
        "cannot_undo": _undo_of_missing,
    },
    "POST patrons/{}/payments": {
        "invalid_money": lambda: _pay("-1.00"),
        "payment_exceeds_balance": lambda: _pay("100.00"),
    },
    "POST patrons/{}/waivers": {
        "invalid_money": lambda: _waive("0.001"),
        "reason_required": lambda: _waive(reason=" "),
        "waiver_exceeds_charge": lambda: _waive("100.00"),
    },
    "POST returns": {
        "unknown_copy": lambda: _return(copy_barcode="NONE"),
        "unknown_branch": lambda: _return(branch="NOWHERE"),
        "returned_before_borrowed": lambda: _return(returned_at="2020-01-01T00:00:00Z"),
        "returned_in_the_future": lambda: _return(returned_at=_TOMORROW),
    },
    "POST holds": {
        "unknown_patron": lambda: _nobody("holds"),
        "unknown_book": lambda: hold(NOBODY),
        "unknown_branch": lambda: hold(pickup_branch="NOWHERE"),
        "unknown_copy": lambda: hold(copy="NONE"),
        "nothing_to_lend": lambda: hold(a_book().id),
        "already_on_loan": _hold_own,
        "already_held": _hold_again,
        "patron_blocked": lambda: hold(patron=blocked()),
        "membership_expired": lambda: hold(patron=expired()),
        "no_terms_for_category": lambda: hold(patron=without_terms()),
        "age_unknown": lambda: ruled(hold, min_age=18),
        "too_young": lambda: ruled(lambda: hold(patron=a_patron(birth_date=date(2020, 1, 1))), min_age=18),
        "hold_limit_reached": lambda: ruled(hold, hold_limit=0),
    },
    "POST holds/{}/cancel": {"hold_not_active": lambda: _of_hold("cancel", cancelled())},
    "POST holds/{}/resume": {"hold_not_active": lambda: _of_hold("resume", cancelled())},
    "POST holds/{}/suspend": {
        "hold_not_active": lambda: _of_hold("suspend", cancelled()),
        "hold_already_begun": lambda: _of_hold("suspend", an_allocated_hold()),
        "suspension_ends_in_the_past": lambda: _of_hold("suspend", a_hold(), until="2020-01-01"),
    },
    "POST holds/{}/ready": _served("ready"),
    "POST holds/{}/not-found": _served("not-found"),
    "PUT books/{}/holds": {
        "queue_order_invalid": lambda: Call(path=f"books/{a_hold().book}/holds", body={"order": []})
    },
    "GET eligibility": {
        "unknown_copy": lambda: _eligible(copy="NONE"),
        "unknown_patron": lambda: _eligible(card="NONE"),
    },
    "PUT rules": {
        "unknown_branch": lambda: _rule(branch="NOWHERE"),
        "unknown_category": lambda: _rule(category="nobody"),
        "invalid_item_type": lambda: _rule(item_type="A book!"),
        "invalid_rule_value": lambda: _rule(values={"loan_days": -1}),
        "fallback_rule_incomplete": lambda: _rule(category=None),
    },
    "GET rules/explain": {
        "unknown_branch": lambda: Call(path="rules/explain", query={"branch": "NOWHERE"}),
        "no_terms_for_category": lambda: Call(path="rules/explain", query={"category": "nobody"}),
    },
    "POST branches": {
        "branch_code_invalid": lambda: _branch(code="not a code"),
        "branch_name_invalid": lambda: _branch(name="a\nb"),
        "unknown_time_zone": lambda: _branch(time_zone="Moon/Crater"),
        "always_closed": lambda: _branch(closed_weekdays=[0, 1, 2, 3, 4, 5, 6]),
        "branch_exists": _branch_again,
    },
    "POST branches/{}/closures": {
        "closure_invalid": lambda: _closure("2035-01-02", "2035-01-01"),
        "closure_overlaps": _closed_twice,
        "reason_required": lambda: _closure(reason="\u200b"),
    },
    "GET me": {"not_found": lambda: Call(path="me")},
    "GET timeline": {
        "give_one": lambda: Call(path="timeline"),
        "invalid": lambda: Call(path="timeline", query={"loan": "nonsense"}),
    },
}
