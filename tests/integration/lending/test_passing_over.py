"""A copy passes over the holds of patrons who may not have it now; they keep their places."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from lending.models import CirculationRuleRow, HoldRow
from lending.services.commands.set_rule import SetRule
from library_project.invariants import all_invariants
from patrons.services.commands.add_block import AddBlock
from patrons.services.commands.reinstate_patron import ReinstatePatron
from patrons.services.commands.renew_membership import RenewMembership
from patrons.services.commands.suspend_patron import SuspendPatron
from patrons.services.commands.update_contact import UpdateContact
from patrons.services.patron_details import PatronDetails
from shared_kernel.services.commands import dispatch
from shared_kernel.services.invariants import check_invariant
from tests.factories import a_copy
from tests.factories_patrons import a_patron
from tests.integration.lending.desk import Desk, codes
from tests.integration.lending.test_races import at_once

MONDAY, TUESDAY, NEXT_WEEK = "2024-01-15T10:00:00Z", "2024-01-16T10:00:00Z", "2024-01-22T10:00:00Z"
A_DAY_LATER = "2024-01-23T10:00:00Z"


class Waiting:
    """A copy on loan, and two patrons who wait for it, the first of whom is about to lose the right to."""

    def __init__(self, desk: Desk, **first: Any) -> None:
        self.desk, self.copy, self.holder = desk, a_copy(), a_patron()
        self.first, self.second = a_patron(**first), a_patron()
        desk.borrow(self.copy.barcode, self.holder.card_number, at=MONDAY)

    def place(self, *patrons: PatronDetails) -> None:
        for patron in patrons:
            assert self.desk.hold(self.copy.book, patron.card_number, at=MONDAY).status_code == 201

    def state_of(self, patron: PatronDetails) -> str:
        return HoldRow.objects.get(patron_id=patron.id).state

    def give_back(self, *, at: str = NEXT_WEEK) -> Any:
        return self.desk.give_back(self.copy.barcode, at=at).json()


def deliver() -> None:
    call_command("relay_outbox", "--once", stdout=StringIO())


def an_adult_rule() -> None:
    row = CirculationRuleRow.objects.get(branch="", category="regular", item_type="")
    dispatch(SetRule(category="regular", values={**row.values, "min_age": 16}))


def suspend(patron: PatronDetails) -> None:
    dispatch(SuspendPatron(patron=patron.id, reason="Card reported stolen."))


def broken() -> list[str]:
    return [each.invariant for each in map(check_invariant, all_invariants()) if not each.holds]


@pytest.mark.django_db
class TestAReturnedCopy:
    @pytest.mark.parametrize(
        ("first", "afterwards"),
        [
            ({"expires_on": "2024-01-20"}, lambda _: None),
            ({}, suspend),
            ({"birth_date": date(2010, 1, 1)}, lambda _: an_adult_rule()),
        ],
        ids=["whose membership has ended", "suspended", "too young for the rule"],
    )
    def test_goes_to_the_next_who_may_have_it(
        self, desk: Desk, first: dict[str, Any], afterwards: Callable[[PatronDetails], None]
    ) -> None:
        waiting = Waiting(desk, **first)
        adult = waiting.second
        dispatch(UpdateContact(patron=adult.id, birth_date=date(1980, 1, 1)))
        waiting.place(waiting.first, adult)
        afterwards(waiting.first)
        answer = waiting.give_back()
        assert answer["hold"]["patron"] == str(adult.id)
        assert (waiting.state_of(waiting.first), waiting.state_of(adult)) == ("waiting", "ready")
        deliver()
        assert broken() == []

    def test_is_free_for_anybody_if_nobody_who_waits_may_have_it(self, desk: Desk) -> None:
        waiting, third = Waiting(desk), a_patron()
        waiting.place(waiting.first)
        suspend(waiting.first)
        assert waiting.give_back()["hold"] is None
        assert desk.borrow(waiting.copy.barcode, third.card_number, at=NEXT_WEEK).status_code == 201

    def test_stays_with_its_patron_as_nobody_who_waits_may_have_it(self, desk: Desk) -> None:
        waiting = Waiting(desk)
        waiting.place(waiting.first)
        [loan] = desk.get("/loans", patron=waiting.holder.id).json()["results"]
        assert codes(desk.post(f"/loans/{loan['id']}/renew", at=TUESDAY)) == ["waited_for"]
        suspend(waiting.first)
        assert desk.post(f"/loans/{loan['id']}/renew", at=TUESDAY).status_code == 200

    def test_that_a_hold_leaves_goes_to_the_next_who_may_have_it(self, desk: Desk) -> None:
        waiting, third = Waiting(desk), a_patron()
        waiting.place(waiting.first, waiting.second, third)
        waiting.give_back()
        suspend(waiting.second)
        ready = HoldRow.objects.get(patron_id=waiting.first.id)
        desk.post(f"/holds/{ready.id}/cancel", at=NEXT_WEEK)
        assert (waiting.state_of(waiting.second), waiting.state_of(third)) == ("waiting", "ready")


@pytest.mark.django_db
class TestAPatronWhoWasPassedOver:
    def passed_over(self, desk: Desk, **first: Any) -> Waiting:
        waiting = Waiting(desk, **first)
        waiting.place(waiting.first)
        return waiting

    def test_gets_the_free_copy_once_reinstated(self, desk: Desk) -> None:
        waiting = self.passed_over(desk)
        suspend(waiting.first)
        waiting.give_back()
        dispatch(ReinstatePatron(patron=waiting.first.id))
        assert broken() == []
        deliver()
        assert (waiting.state_of(waiting.first), broken()) == ("allocated", [])

    def test_gets_it_once_the_membership_is_renewed(self, desk: Desk) -> None:
        waiting = self.passed_over(desk, expires_on="2024-01-20")
        waiting.give_back()
        dispatch(RenewMembership(patron=waiting.first.id, expires_on=date(2094, 1, 1)))
        deliver()
        assert (waiting.state_of(waiting.first), broken()) == ("allocated", [])

    def test_gets_it_once_the_birth_date_is_known(self, desk: Desk) -> None:
        waiting = self.passed_over(desk)
        an_adult_rule()
        waiting.give_back()
        assert waiting.state_of(waiting.first) == "waiting"
        dispatch(UpdateContact(patron=waiting.first.id, birth_date=date(1980, 1, 1)))
        deliver()
        assert waiting.state_of(waiting.first) == "allocated"

    def test_gets_it_by_the_scheduled_job_after_the_last_day_of_a_block(self, desk: Desk) -> None:
        waiting = self.passed_over(desk)
        deliver()
        last = datetime.fromisoformat(NEXT_WEEK).astimezone(UTC).date()
        dispatch(AddBlock(patron=waiting.first.id, reason="Damaged a book.", until=last))
        waiting.give_back()
        call_command("expire_holds", "--as-of", NEXT_WEEK, stdout=StringIO())
        assert waiting.state_of(waiting.first) == "waiting"
        call_command("expire_holds", "--as-of", A_DAY_LATER, stdout=StringIO())
        assert waiting.state_of(waiting.first) == "allocated"
        call_command("expire_holds", "--as-of", A_DAY_LATER, stdout=StringIO())
        assert broken() == []

    def test_keeps_the_place_before_those_who_came_later(self, desk: Desk) -> None:
        waiting = Waiting(desk)
        waiting.place(waiting.first, waiting.second)
        suspend(waiting.first)
        waiting.give_back()
        dispatch(ReinstatePatron(patron=waiting.first.id))
        deliver()
        held = HoldRow.objects.get(patron_id=waiting.second.id)
        desk.post(f"/holds/{held.id}/cancel", at=NEXT_WEEK)
        assert waiting.state_of(waiting.first) == "ready"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
class TestAReturnAndAReinstatementAtOnce:
    def test_leave_no_free_copy_beside_a_hold_that_may_have_it(self, desk: Desk) -> None:
        for _ in range(3):
            waiting = Waiting(desk)
            waiting.place(waiting.first)
            suspend(waiting.first)

            def reinstate(patron: PatronDetails) -> None:
                dispatch(ReinstatePatron(patron=patron.id))
                deliver()

            at_once(waiting.give_back, partial(reinstate, waiting.first))
            deliver()
            assert waiting.state_of(waiting.first) in {"allocated", "ready"}
            # What other transactional tests left of the search index is none of this.
            assert [name for name in broken() if name.startswith("lending.")] == []
