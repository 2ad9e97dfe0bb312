"""Loans in the administration."""

from typing import Any

import pytest
from django.test import Client

from lending.services.commands.return_book import ReturnBook
from shared_kernel.services.commands import dispatch
from tests.factories import a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.integration.conftest import Browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def librarian(browser: Browser) -> Client:
    return browser("librarian")


def found(client: Client, what: str, rows: str = "loanrow") -> list[str]:
    answer: Any = client.get(f"/admin/lending/{rows}/", {"q": what})
    assert answer.status_code == 200
    return [row.barcode for row in answer.context_data["cl"].result_list]


class TestLookingForLoans:
    def test_finds_those_of_a_patron_by_the_card(self, librarian: Client) -> None:
        patron, _other = a_patron(), a_loan()
        older, newer = (a_loan(patron_card=patron.card_number) for _ in range(2))
        for scanned in (patron.card_number, f" {patron.card_number} "):
            assert found(librarian, scanned) == [newer.copy_barcode, older.copy_barcode]

    def test_finds_those_of_a_copy_by_the_barcode(self, librarian: Client) -> None:
        loan, _other = a_loan(), a_loan()
        assert found(librarian, loan.copy_barcode) == [loan.copy_barcode]

    def test_finds_both_where_a_card_is_called_as_a_copy_is(self, librarian: Client) -> None:
        mine = a_loan(patron_card=a_patron(card_number="SAME-1").card_number)
        lent = a_loan(copy_barcode=a_copy(barcode="SAME-1").barcode)
        assert found(librarian, "SAME-1") == [lent.copy_barcode, mine.copy_barcode]

    def test_finds_ended_ones_among_the_returns(self, librarian: Client) -> None:
        patron = a_patron()
        ended, _lent = (a_loan(patron_card=patron.card_number) for _ in range(2))
        dispatch(ReturnBook(copy_barcode=ended.copy_barcode))
        assert found(librarian, patron.card_number, "returnrow") == [ended.copy_barcode]

    @pytest.mark.parametrize("what", ["nowhere", "no card", "%", "\u200b"])
    def test_finds_nothing_of_what_nobody_knows(self, librarian: Client, what: str) -> None:
        a_loan()
        assert found(librarian, what) == []

    def test_shows_all_where_nothing_is_looked_for(self, librarian: Client) -> None:
        assert len({a_loan().copy_barcode for _ in range(2)} & set(found(librarian, " "))) == 2
