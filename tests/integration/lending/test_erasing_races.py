"""Erasing locks what borrowing and placing a hold lock: one of them comes first, and the other sees it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from catalog.services.commands.change_copy_condition import ChangeCopyCondition
from lending.models import HoldRow, LoanRow
from lending.services.commands.borrow_book import BorrowBook
from lending.services.commands.place_hold import PlaceHold
from lending.services.commands.return_book import ReturnBook
from lending.services.commands.undo_return import UndoReturn
from patrons.models import PatronRow
from patrons.services.commands.erase_patron import ErasePatron
from patrons.services.patron_details import PatronDetails
from shared_kernel.domain.errors import Refused
from shared_kernel.services.bus import Command
from shared_kernel.services.commands import dispatch
from tests.factories import a_copy, a_loan
from tests.factories_patrons import a_patron

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

Wish = Callable[[PatronDetails], Command[object]]


def at_once(*commands: Command[object]) -> list[bool]:
    """Give the commands together; whether each was carried out."""
    start = Barrier(len(commands))

    def give(command: Command[object]) -> bool:
        try:
            start.wait(timeout=30)
            dispatch(command)
        except Refused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(commands)) as threads:
        return list(threads.map(give, commands))


def a_loan_for(patron: PatronDetails) -> Command[object]:
    return BorrowBook(copy_barcode=a_copy().barcode, patron_card=patron.card_number)


def a_hold_for(patron: PatronDetails) -> Command[object]:
    return PlaceHold(book=a_copy().book, patron_card=patron.card_number)


class TestErasingWhileAReturnIsUndone:
    def test_leaves_no_open_loan_of_nobody(self) -> None:
        for _ in range(5):
            patron = a_patron()
            loan = a_loan(patron_card=patron.card_number)
            dispatch(ReturnBook(copy_barcode=loan.copy_barcode))
            undone, erased = at_once(
                UndoReturn(loan=loan.id), ErasePatron(patron=patron.id, comment="asked for it")
            )
            assert undone is not erased
            assert LoanRow.objects.filter(id=loan.id, state="open").exists() is undone


class TestRemovingACopyWhileAReturnIsUndone:
    def test_leaves_no_open_loan_of_nothing(self) -> None:
        for _ in range(5):
            loan = a_loan()
            dispatch(ReturnBook(copy_barcode=loan.copy_barcode))
            withdraw = ChangeCopyCondition(barcode=loan.copy_barcode, condition="withdrawn", reason="worn")
            undone, withdrawn = at_once(UndoReturn(loan=loan.id), withdraw)
            assert undone is not withdrawn
            assert LoanRow.objects.filter(id=loan.id, state="open").exists() is undone


class TestErasingWhileSomethingIsTaken:
    @pytest.mark.parametrize("wish", [a_loan_for, a_hold_for])
    def test_leaves_nobody_with_a_loan_or_hold_who_is_not_known(self, wish: Wish) -> None:
        for _ in range(5):
            patron = a_patron()
            taken, erased = at_once(wish(patron), ErasePatron(patron=patron.id, comment="asked for it"))
            assert taken is not erased
            assert PatronRow.objects.filter(id=patron.id).exists() is taken
            ties = (
                LoanRow.objects.filter(patron_id=patron.id).count()
                + HoldRow.objects.filter(patron_id=patron.id).count()
            )
            assert ties == taken
