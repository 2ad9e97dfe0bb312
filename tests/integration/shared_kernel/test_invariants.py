"""The invariants are checked while the library is open."""

from collections.abc import Iterator
from threading import Thread

import pytest
from django.db import connection

from catalog.models import BookRow
from library_project.invariants import all_invariants
from shared_kernel.services.invariants import Invariant, check_invariant
from tests.factories import a_book, a_loan

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def an_index_of_no_other_tests_books() -> None:
    """SQLite's full-text table is no model's, so it is not emptied after a test."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM catalog_booksearch")


def meanwhile() -> None:
    """Somebody else adds a book, in a transaction of their own."""

    def add() -> None:
        a_book()
        connection.close()

    other = Thread(target=add)
    other.start()
    other.join(timeout=30)
    assert not other.is_alive()


class TestAnInvariant:
    def test_is_looked_at_as_of_one_moment_and_keeps_nobody_from_writing(self) -> None:
        a_book()
        counted = []

        def nothing_moves() -> Iterator[dict[str, int]]:
            """While one looks, nothing moves."""
            for _ in range(2):
                counted.append(BookRow.objects.count())
                meanwhile()
            yield from ()

        assert check_invariant(Invariant.of("test", nothing_moves)).holds
        assert counted == [1, 1]
        assert BookRow.objects.count() == 3

    def test_leaves_no_transaction_behind_where_it_fails(self) -> None:
        def impossible() -> list[dict[str, int]]:
            """Nobody knows."""
            raise RuntimeError

        assert check_invariant(Invariant.of("test", impossible)).failure == "RuntimeError"
        a_book()
        meanwhile()
        assert BookRow.objects.count() == 2

    def test_of_the_library_holds_outside_of_any_transaction(self) -> None:
        a_loan()
        assert [each for each in map(check_invariant, all_invariants()) if not each.holds] == []
