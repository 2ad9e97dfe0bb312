from datetime import date
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from patrons.public import BlockFacts, PatronFacts, names_of, patron_facts
from patrons.services.commands.link_login import LinkLogin, LoginAlreadyLinked
from patrons.services.commands.suspend_patron import SuspendPatron
from shared_kernel.services.commands import dispatch
from tests.factories_patrons import a_patron

pytestmark = pytest.mark.django_db


class TestThePublicFacts:
    def test_are_found_by_card_id_address_or_login(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        ada = a_patron(
            home_branch="MAIN", expires_on=date(2025, 1, 1), card_number="A-1", birth_date=date(2010, 2, 3)
        )
        dispatch(SuspendPatron(patron=ada.id, reason="unpaid", until=date(2026, 3, 10)))
        dispatch(SuspendPatron(patron=ada.id, reason="lost a book"))
        login = User.objects.create_user("ada")
        dispatch(LinkLogin(card=ada.card_number, login_id=login.pk))
        facts = PatronFacts(
            id=ada.id,
            card_number="A-1",
            category="regular",
            home_branch="MAIN",
            expires_on=date(2025, 1, 1),
            birth_date=date(2010, 2, 3),
            blocks=(
                BlockFacts(reason="unpaid", until=date(2026, 3, 10)),
                BlockFacts(reason="lost a book", until=None),
            ),
        )
        with django_assert_num_queries(4):
            assert patron_facts(card="A-1", lock=True) == facts
            assert patron_facts(id=ada.id) == facts
            assert patron_facts(email=ada.email.upper()) == facts
            assert patron_facts(login_id=login.pk) == facts

    def test_are_none_for_whom_nobody_knows(self) -> None:
        assert patron_facts(id=uuid4()) is None
        for unreadable in ("", "\x00", "\ud800", "nobody", "x" * 10_000):
            assert patron_facts(card=unreadable) is None
            assert patron_facts(email=unreadable) is None

    def test_need_exactly_one_way_to_find_them(self) -> None:
        with pytest.raises(ValueError, match="exactly one"):
            patron_facts()
        with pytest.raises(ValueError, match="exactly one"):
            patron_facts(card="A-1", login_id=1)

    def test_include_the_names_of_many_in_one_query(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        ada, bob = a_patron(), a_patron()
        with django_assert_num_queries(1):
            assert names_of([ada.id, bob.id, ada.id, uuid4()]) == {ada.id: ada.name, bob.id: bob.name}


class TestALogin:
    def test_is_one_patrons_through_every_change_and_ends_without_taking_them_along(self) -> None:
        ada = a_patron()
        login = User.objects.create_user("ada")
        dispatch(LinkLogin(card=ada.card_number, login_id=login.pk))
        dispatch(SuspendPatron(patron=ada.id, reason="lost a book"))
        assert patron_facts(login_id=login.pk)
        other = a_patron()
        with pytest.raises(LoginAlreadyLinked):
            dispatch(LinkLogin(card=other.card_number, login_id=login.pk))
        with pytest.raises(LoginAlreadyLinked):
            dispatch(LinkLogin(card=ada.card_number, login_id=User.objects.create_user("bob").pk))
        login.delete()
        assert patron_facts(id=ada.id)
