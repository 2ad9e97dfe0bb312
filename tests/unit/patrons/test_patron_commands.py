from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from patrons.domain.category import InvalidCategory
from patrons.domain.patron import AlreadySuspended, NotBlocked, PatronNotFound
from patrons.services.commands.define_category import DefineCategory, define_category
from patrons.services.commands.link_login import LinkLogin, LoginAlreadyLinked, link_login
from patrons.services.commands.register_patron import RegisterPatron, register_patron
from patrons.services.commands.reinstate_patron import ReinstatePatron, reinstate_patron
from patrons.services.commands.suspend_patron import SuspendPatron, suspend_patron
from patrons.services.patron_details import PatronDetails
from shared_kernel.domain.errors import Refused
from shared_kernel.domain.text import ReasonRequired
from tests.unit.patrons.fakes import FakeWork, FixedClock, OneBranch

CLOCK = FixedClock()


def register(work: FakeWork, serials: Iterator[int] | None = None, **fields: Any) -> PatronDetails:
    command = RegisterPatron(**{"name": "Ada Lovelace", "email": "ada@example.org", **fields})
    draws = serials or iter(range(1, 100))
    return register_patron(
        command, work, clock=CLOCK, circulation=OneBranch(), draw_serial=lambda: next(draws)
    )


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.code for refusal in refused.value.refusals]


class TestRegistering:
    def test_takes_a_patron_in(self) -> None:
        work = FakeWork()
        view = register(work, name=" Ada  Lovelace", email="Ada@Example.org", expires_on=date(2020, 1, 1))
        assert (view.name, view.email, view.category) == ("Ada Lovelace", "ada@example.org", "regular")
        assert (view.card_number, view.expires_on, view.version) == ("P000000018", date(2020, 1, 1), 1)
        assert view.id in work.patrons.all

    def test_keeps_the_card_number_that_is_given(self) -> None:
        assert register(FakeWork(), card_number="0042").card_number == "0042"

    def test_draws_until_a_number_is_new(self) -> None:
        work = FakeWork()
        first = register(work, iter([7]))
        second = register(work, iter([7, 7, 8]), email="bob@example.org")
        assert first.card_number != second.card_number

    def test_is_refused_with_all_that_cannot_be_read(self) -> None:
        with pytest.raises(Refused) as refused:
            register(FakeWork(), name=" ", email="nobody", card_number="%")
        assert codes(refused) == ["invalid_name", "invalid_email", "invalid_card_number"]

    def test_is_refused_with_all_that_cannot_be(self) -> None:
        work = FakeWork()
        register(work, card_number="0042")
        with pytest.raises(Refused) as refused:
            register(work, card_number="0042", email="ADA@example.org", category="pirate", home_branch="MOON")
        assert codes(refused) == [
            "unknown_category",
            "unknown_branch",
            "duplicate_email",
            "duplicate_card_number",
        ]
        assert len(work.patrons.all) == 1

    def test_takes_a_branch_that_circulation_knows(self) -> None:
        assert register(FakeWork(), home_branch="MAIN").home_branch == "MAIN"


class TestSuspending:
    def test_locks_the_patron_that_borrowing_locks(self) -> None:
        work = FakeWork()
        patron = register(work).id
        view = suspend_patron(SuspendPatron(patron=patron, reason="lost a book"), work, clock=CLOCK)
        assert [(each.reason, each.until) for each in view.blocks] == [("lost a book", None)]
        assert work.patrons.locked == {patron}

    def test_can_end_by_itself(self) -> None:
        work = FakeWork()
        command = SuspendPatron(patron=register(work).id, reason="unpaid", until=date(2026, 3, 10))
        assert suspend_patron(command, work, clock=CLOCK).blocks[0].until == date(2026, 3, 10)

    def test_needs_a_patron_and_a_reason(self) -> None:
        work = FakeWork()
        with pytest.raises(PatronNotFound):
            suspend_patron(SuspendPatron(patron=uuid4(), reason="x"), work, clock=CLOCK)
        with pytest.raises(ReasonRequired):
            suspend_patron(SuspendPatron(patron=register(work).id, reason=" "), work, clock=CLOCK)

    def test_is_refused_twice(self) -> None:
        work = FakeWork()
        command = SuspendPatron(patron=register(work).id, reason="lost a book")
        suspend_patron(command, work, clock=CLOCK)
        with pytest.raises(AlreadySuspended):
            suspend_patron(command, work, clock=CLOCK)


class TestReinstating:
    def test_lifts_the_blocks(self) -> None:
        work = FakeWork()
        patron = register(work).id
        suspend_patron(SuspendPatron(patron=patron, reason="lost a book"), work, clock=CLOCK)
        view = reinstate_patron(ReinstatePatron(patron=patron), work, clock=CLOCK)
        assert (view.blocks, view.version) == ((), 3)

    def test_is_refused_where_nothing_is_blocked(self) -> None:
        work = FakeWork()
        with pytest.raises(NotBlocked):
            reinstate_patron(ReinstatePatron(patron=register(work).id), work, clock=CLOCK)


class TestLinkingALogin:
    def test_is_one_to_one(self) -> None:
        work = FakeWork()
        ada, bob = register(work), register(work, iter([50]), email="bob@example.org")
        assert link_login(LinkLogin(card=ada.card_number, login_id=7), work) == ada.id
        for card, login in [(bob.card_number, 7), (ada.card_number, 8)]:
            with pytest.raises(LoginAlreadyLinked):
                link_login(LinkLogin(card=card, login_id=login), work)

    def test_needs_a_card_that_is_known(self) -> None:
        with pytest.raises(PatronNotFound):
            link_login(LinkLogin(card="P000000018", login_id=7), FakeWork())


class TestDefiningACategory:
    def test_adds_or_renames_it(self) -> None:
        work = FakeWork()
        define_category(DefineCategory(code="child", name="Children"), work)
        define_category(DefineCategory(code="regular", name="Grown-ups"), work)
        assert work.categories.names == {"regular": "Grown-ups", "premium": "Premium", "child": "Children"}

    def test_needs_a_code_that_rules_can_name(self) -> None:
        with pytest.raises(InvalidCategory):
            define_category(DefineCategory(code="Under 14", name="Children"), FakeWork())
