"""For each operation of the API a request that is carried out, with every field that there is."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.domain.import_states import ImportState
from catalog.models import ImportRow
from catalog.services.commands.accept_import import AcceptImport
from lending.services.commands.add_closure import AddClosure
from lending.services.commands.place_hold import PlaceHold
from lending.services.commands.return_book import ReturnBook
from lending.services.hold_details import HoldDetails
from lending.services.loan_details import LoanDetails
from lending.services.queries.accounts import GetAccount
from patrons.models import PatronRow
from patrons.services.commands.add_block import AddBlock
from patrons.services.commands.link_login import LinkLogin
from patrons.services.patron_details import PatronDetails
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask
from shared_kernel.services.request_context import with_context
from tests.factories import a_book, a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.integration.refusals.call import Call

_numbers = count(1)
A_DAY = "2030-03-01"


def a_return() -> LoanDetails:
    """A loan that has just ended."""
    loan = a_loan()
    dispatch(ReturnBook(copy_barcode=loan.copy_barcode))
    return loan


def a_late_return() -> tuple[PatronDetails, LoanDetails]:
    """A patron who owes 1.00 EUR for a loan, and the loan."""
    patron = a_patron()
    with with_context(acts_at=datetime(2024, 1, 15, tzinfo=UTC)):
        loan = a_loan(patron_card=patron.card_number)
    with with_context(acts_at=datetime(2024, 2, 2, tzinfo=UTC)):
        dispatch(ReturnBook(copy_barcode=loan.copy_barcode))
    return patron, loan


def a_hold(**fields: Any) -> HoldDetails:
    """A hold that waits for a copy that is lent, unless it is for another book."""
    book = fields.pop("book", None) or a_loan().book
    return dispatch(PlaceHold(book=book, patron_card=a_patron().card_number, **fields))


def an_allocated_hold() -> HoldDetails:
    """A hold for which a copy is set aside."""
    return a_hold(book=a_copy().book)


def a_blocked_patron() -> PatronDetails:
    """A suspended patron."""
    return dispatch(AddBlock(patron=a_patron().id, reason="Card stolen."))


def an_import() -> str:
    """The id of an import that is done."""
    accepted = dispatch(AcceptImport(name="books.csv", content=f"title\nRomola {next(_numbers)}\n".encode()))
    ImportRow.objects.filter(id=accepted.id).update(state=ImportState.DONE)
    return str(accepted.id)


def a_closure(on: date | None = None) -> str:
    """The id of a closure of one day, each of its own."""
    day = on or date(2031, 1, 1) + timedelta(days=next(_numbers))
    return str(dispatch(AddClosure(branch="MAIN", first_on=day, last_on=day, reason="Painting")).id)


def a_charge(patron: PatronDetails) -> str:
    """The id of the first entry of an account."""
    return str(ask(GetAccount(patron=patron.id)).entries[0].id)


def _renewable() -> LoanDetails:
    with with_context(acts_at=datetime.now(UTC) - timedelta(days=10)):
        return a_loan()


def _book() -> dict[str, Any]:
    title = f"Silas Marner {next(_numbers)}"
    values = {"title": title, "authors": ["Eliot, George"], "subjects": ["Weavers"], "year": 1861}
    return values | {"isbn": None, "language": "en", "publisher": "Blackwood"}


def _patron() -> dict[str, Any]:
    number = next(_numbers)
    return {
        "name": "Hester Prynne",
        "email": f"hester{number}@example.org",
        "category": "regular",
        "card_number": f"HP-{number:06}",
        "expires_on": "2050-01-01",
        "home_branch": "MAIN",
        "language": "en",
    }


def _copy() -> dict[str, Any]:
    price = {"amount": "12.50", "currency": "EUR"}
    return {"barcode": f"X{next(_numbers):06}", "item_type": "book", "branch": "MAIN", "price": price}


def _waiver() -> Call:
    patron, _ = a_late_return()
    body = {"charge": a_charge(patron), "amount": "0.10", "reason": "A mistake"}
    return Call(path=f"patrons/{patron.id}/waivers", body=body)


def _order() -> Call:
    hold = a_hold()
    return Call(path=f"books/{hold.book}/holds", body={"order": [hold.id]})


def _branch() -> Call:
    code = f"B{next(_numbers)}"
    return Call(
        path="branches", body={"code": code, "name": code, "time_zone": "UTC", "closed_weekdays": [6]}
    )


def _closure() -> Call:
    day = (date(2035, 1, 1) + timedelta(days=next(_numbers))).isoformat()
    return Call(
        path="branches/MAIN/closures",
        body={"from": day, "to": day, "reason": "Painting"},
        query={"dry_run": "false"},
    )


def _loan() -> dict[str, Any]:
    # What is overridden needn't be in the way.
    override = {"codes": ["loan_limit_reached"], "comment": "Asked for it"}
    return {"copy_barcode": a_copy().barcode, "patron_card": a_patron().card_number, "override": override}


def _hold() -> dict[str, Any]:
    loan = a_loan()
    return {
        "book": str(loan.book),
        "patron_card": a_patron().card_number,
        "pickup_branch": "MAIN",
        "copy": loan.copy_barcode,
    }


def _import() -> Call:
    file = SimpleUploadedFile("books.csv", f"title\nRomola {next(_numbers)}\n".encode())
    return Call(path="imports", body={"file": file, "encoding": "utf-8"}, is_form=True)


def _lift() -> Call:
    patron = a_blocked_patron()
    return Call(path=f"patrons/{patron.id}/blocks/{patron.blocks[0].id}")


def _me() -> Call:
    login = User.objects.get(is_superuser=True).id
    if not PatronRow.objects.filter(login=login).exists():
        dispatch(LinkLogin(card=a_patron().card_number, login_id=login))
    return Call(path="me")


_BOOKS = {"q": "a", "author": "a", "isbn": "9780141439518", "language": "en", "available": "true"}
_RULE = {
    "branch": "MAIN",
    "category": "regular",
    "item_type": "book",
    "values": {"loan_days": 7},
    "reason": "x",
}
EXAMPLES: dict[str, Callable[[], Call]] = {
    "GET books": lambda: Call(path="books", query={**_BOOKS, "ordering": "title"}),
    "POST books": lambda: Call(path="books", body=_book()),
    "GET books/{}": lambda: Call(path=f"books/{a_book().id}"),
    "PATCH books/{}": lambda: Call(path=f"books/{a_book().id}", body=_book()),
    "DELETE books/{}": lambda: Call(path=f"books/{a_book().id}"),
    "GET books/{}/copies": lambda: Call(path=f"books/{a_book().id}/copies"),
    "POST books/{}/copies": lambda: Call(path=f"books/{a_book().id}/copies", body=_copy()),
    "GET books/{}/holds": lambda: Call(path=f"books/{a_book().id}/holds"),
    "PUT books/{}/holds": _order,
    "GET copies/{}": lambda: Call(path=f"copies/{a_copy().barcode}"),
    "PATCH copies/{}": lambda: Call(
        path=f"copies/{a_copy().barcode}", body={"condition": "damaged", "reason": "Torn"}
    ),
    "GET imports": lambda: Call(path="imports"),
    "POST imports": _import,
    "GET imports/{}": lambda: Call(path=f"imports/{an_import()}"),
    "GET imports/{}/rejected": lambda: Call(path=f"imports/{an_import()}/rejected"),
    "POST imports/{}/revert": lambda: Call(path=f"imports/{an_import()}/revert"),
    "GET exports/books": lambda: Call(path="exports/books", query={**_BOOKS, "format": "marcxml"}),
    "GET patrons": lambda: Call(path="patrons", query={"q": "a", "category": "regular"}),
    "POST patrons": lambda: Call(path="patrons", body=_patron()),
    "GET patrons/{}": lambda: Call(path=f"patrons/{a_patron().id}"),
    "PATCH patrons/{}": lambda: Call(
        path=f"patrons/{a_patron().id}",
        body={k: v for k, v in _patron().items() if k not in {"card_number", "expires_on"}}
        | {"declined_notices": ["due_soon"], "privacy": "never"},
    ),
    "POST patrons/{}/suspend": lambda: Call(
        path=f"patrons/{a_patron().id}/suspend", body={"reason": "Stolen", "until": A_DAY}
    ),
    "POST patrons/{}/blocks": lambda: Call(
        path=f"patrons/{a_patron().id}/blocks", body={"reason": "Stolen", "until": A_DAY}
    ),
    "DELETE patrons/{}/blocks/{}": _lift,
    "POST patrons/{}/reinstate": lambda: Call(path=f"patrons/{a_blocked_patron().id}/reinstate"),
    "POST patrons/{}/renew-membership": lambda: Call(
        path=f"patrons/{a_patron().id}/renew-membership", body={"expires_on": A_DAY}
    ),
    "POST patrons/{}/erase": lambda: Call(
        path=f"patrons/{a_patron().id}/erase", body={"reason": "By request"}
    ),
    "GET patrons/{}/profile": lambda: Call(path=f"patrons/{a_patron().id}/profile"),
    "GET patrons/{}/account": lambda: Call(path=f"patrons/{a_patron().id}/account"),
    "GET patrons/{}/account.csv": lambda: Call(path=f"patrons/{a_patron().id}/account.csv"),
    "POST patrons/{}/payments": lambda: Call(
        path=f"patrons/{a_late_return()[0].id}/payments", body={"amount": "0.10"}
    ),
    "POST patrons/{}/waivers": _waiver,
    "GET loans": lambda: Call(
        path="loans", query={"patron": a_patron().id, "copy": "C", "state": "open", "overdue": "false"}
    ),
    "POST loans": lambda: Call(path="loans", body=_loan()),
    "GET loans/{}": lambda: Call(path=f"loans/{a_loan().id}"),
    "POST loans/{}/renew": lambda: Call(path=f"loans/{_renewable().id}/renew"),
    "POST loans/{}/declare-lost": lambda: Call(path=f"loans/{a_loan().id}/declare-lost"),
    "POST loans/{}/claim-returned": lambda: Call(path=f"loans/{a_loan().id}/claim-returned"),
    "POST loans/{}/undo-return": lambda: Call(path=f"loans/{a_return().id}/undo-return"),
    "POST returns": lambda: Call(
        path="returns",
        body={"copy_barcode": a_loan().copy_barcode, "returned_at": datetime.now(UTC), "branch": "MAIN"},
    ),
    "GET holds": lambda: Call(
        path="holds", query={"patron": a_patron().id, "book": a_book().id, "state": "active"}
    ),
    "POST holds": lambda: Call(path="holds", body=_hold()),
    "GET holds/{}": lambda: Call(path=f"holds/{a_hold().id}"),
    "POST holds/{}/cancel": lambda: Call(path=f"holds/{a_hold().id}/cancel"),
    "POST holds/{}/suspend": lambda: Call(path=f"holds/{a_hold().id}/suspend", body={"until": A_DAY}),
    "POST holds/{}/resume": lambda: Call(path=f"holds/{a_hold().id}/resume"),
    "POST holds/{}/ready": lambda: Call(path=f"holds/{an_allocated_hold().id}/ready"),
    "POST holds/{}/not-found": lambda: Call(path=f"holds/{an_allocated_hold().id}/not-found"),
    "GET eligibility": lambda: Call(
        path="eligibility", query={"copy_barcode": a_copy().barcode, "patron_card": a_patron().card_number}
    ),
    "GET rules": lambda: Call(path="rules"),
    "PUT rules": lambda: Call(path="rules", body=_RULE),
    "GET rules/explain": lambda: Call(
        path="rules/explain", query={"branch": "MAIN", "category": "regular", "item_type": "book"}
    ),
    "GET branches": lambda: Call(path="branches"),
    "POST branches": _branch,
    "GET branches/{}/closures": lambda: Call(path="branches/MAIN/closures"),
    "POST branches/{}/closures": _closure,
    "DELETE branches/{}/closures/{}": lambda: Call(path=f"branches/MAIN/closures/{a_closure()}"),
    "GET timeline": lambda: Call(path="timeline", query={"copy": a_copy().barcode}),
    "GET me": _me,
}
