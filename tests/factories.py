"""Copies to lend and people to lend them to, made by the commands that make them in life."""

from itertools import count
from typing import Any

from catalog.services.book_details import BookDetails
from catalog.services.commands.add_book import AddBook
from catalog.services.commands.add_copy import AddCopy
from catalog.services.copy_details import CopyDetails
from lending.services.commands.add_branch import AddBranch
from lending.services.commands.borrow_book import BorrowBook
from lending.services.loan_details import LoanDetails
from shared_kernel.services.commands import dispatch
from tests.factories_patrons import a_patron

_numbers = count(1)


def a_book(**fields: Any) -> BookDetails:
    """A book; what isn't said is made up."""
    number = next(_numbers)
    return dispatch(AddBook(**{"title": f"Middlemarch {number}", "authors": ("Eliot, George",), **fields}))


def a_copy(**fields: Any) -> CopyDetails:
    """A copy, of a book of its own unless `book` names one."""
    book = fields.pop("book", None) or a_book().id
    return dispatch(AddCopy(**{"book": book, "barcode": f"C{next(_numbers):06}", **fields}))


def a_loan(**fields: Any) -> LoanDetails:
    """An open loan of a copy of its own to a patron of its own, unless said otherwise."""
    barcode = fields.pop("copy_barcode", None) or a_copy().barcode
    card = fields.pop("patron_card", None) or a_patron().card_number
    return dispatch(BorrowBook(copy_barcode=barcode, patron_card=card))


def a_branch(code: str, *, time_zone: str = "UTC", closed_weekdays: tuple[int, ...] = ()) -> None:
    """A branch more."""
    dispatch(AddBranch(code=code, name=code.title(), time_zone=time_zone, closed_weekdays=closed_weekdays))
