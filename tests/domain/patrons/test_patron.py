from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from patrons.domain.block import Block
from patrons.domain.card_number import CardNumber
from patrons.domain.email_address import EmailAddress
from patrons.domain.patron import AlreadySuspended, BlockNotFound, MembershipNeverEnds, NotBlocked, Patron
from patrons.domain.patron_events import (
    MembershipExpiring,
    MembershipRenewed,
    PatronBlocked,
    PatronCategoryChanged,
    PatronContactChanged,
    PatronErased,
    PatronRegistered,
    PatronReinstated,
    PatronSuspended,
    PatronUnblocked,
)
from patrons.domain.person_name import PersonName
from patrons.domain.privacy import Privacy
from shared_kernel.domain.events import DomainEvent
from shared_kernel.domain.text import ReasonRequired

NOW = datetime(2024, 1, 15, 10, tzinfo=UTC)


def registered() -> Patron:
    return Patron.register(
        id=uuid4(),
        card_number=CardNumber.of_serial(1),
        name=PersonName.parse("Ada Lovelace"),
        email=EmailAddress.parse("ada@example.org"),
        category="researcher",
        home_branch="MAIN",
        expires_on=date(2025, 1, 1),
        at=NOW,
    )


def known() -> Patron:
    patron = registered()
    patron.pull_events()
    return patron


def block(until: date | None = None) -> Block:
    return Block.because("lost a book", id=uuid4(), until=until)


class TestRegistering:
    def test_records_facts_and_no_person(self) -> None:
        patron = registered()
        (recorded,) = patron.pull_events()
        assert recorded.event == PatronRegistered(
            aggregate_id=patron.id,
            occurred_at=NOW,
            category="researcher",
            home_branch="MAIN",
            expires_on=date(2025, 1, 1),
        )
        assert recorded.version == 1
        assert patron.blocks == ()


class TestSuspending:
    def test_blocks_without_end(self) -> None:
        patron, suspension = known(), block()
        patron.block(suspension, at=NOW)
        assert patron.blocks == (suspension,)
        assert [recorded.event for recorded in patron.pull_events()] == [
            PatronSuspended(aggregate_id=patron.id, occurred_at=NOW, block_id=suspension.id)
        ]

    def test_with_a_last_day_is_a_block_of_its_own_kind(self) -> None:
        patron, until_march = known(), block(date(2026, 3, 10))
        patron.block(until_march, at=NOW)
        assert [recorded.event for recorded in patron.pull_events()] == [
            PatronBlocked(
                aggregate_id=patron.id, occurred_at=NOW, block_id=until_march.id, until=date(2026, 3, 10)
            )
        ]

    def test_is_refused_twice(self) -> None:
        patron = known()
        patron.block(block(), at=NOW)
        with pytest.raises(AlreadySuspended):
            patron.block(block(), at=NOW)
        assert len(patron.blocks) == 1

    def test_comes_on_top_of_a_block_with_an_end(self) -> None:
        patron = known()
        patron.block(block(date(2026, 3, 10)), at=NOW)
        patron.block(block(), at=NOW)
        assert [each.is_suspension for each in patron.blocks] == [False, True]


class TestReinstating:
    def test_lifts_every_block(self) -> None:
        patron, first, second = known(), block(date(2026, 3, 10)), block()
        patron.block(first, at=NOW)
        patron.block(second, at=NOW)
        patron.pull_events()
        patron.reinstate(at=NOW)
        assert patron.blocks == ()
        assert [recorded.event for recorded in patron.pull_events()] == [
            PatronReinstated(aggregate_id=patron.id, occurred_at=NOW, block_ids=(first.id, second.id))
        ]

    def test_is_refused_where_there_is_no_block(self) -> None:
        patron = known()
        with pytest.raises(NotBlocked):
            patron.reinstate(at=NOW)
        assert not patron.has_changed


class TestABlock:
    @pytest.mark.parametrize("reason", ["", "   ", "\u200b", "x" * 501, "a\x00b"])
    def test_needs_a_reason_that_can_be_read(self, reason: str) -> None:
        with pytest.raises(ReasonRequired):
            Block.because(reason, id=uuid4(), until=None)

    def test_keeps_the_reason_on_one_line(self) -> None:
        assert Block.because(" lost\n a book ", id=uuid4(), until=None).reason == "lost a book"


def events(patron: Patron) -> list[DomainEvent]:
    return [recorded.event for recorded in patron.pull_events()]


class TestUpdatingTheContact:
    def update(self, patron: Patron, **changes: Any) -> None:
        known = {
            "name": patron.name,
            "email": patron.email,
            "home_branch": patron.home_branch,
            "declined_notices": patron.declined_notices,
            "privacy": patron.privacy,
            "language": patron.language,
            "birth_date": patron.birth_date,
        }
        patron.update_contact(**{**known, **changes}, at=NOW)

    def test_tells_in_which_respects_and_not_how(self) -> None:
        patron = known()
        self.update(
            patron,
            email=EmailAddress.parse("ada@else.org"),
            home_branch=None,
            declined_notices=frozenset({"due_soon"}),
            privacy=Privacy.NEVER,
            birth_date=date(1990, 5, 17),
        )
        assert str(patron.email) == "ada@else.org"
        assert events(patron) == [
            PatronContactChanged(
                aggregate_id=patron.id,
                occurred_at=NOW,
                changed=("email", "home_branch", "declined_notices", "privacy", "birth_date"),
            )
        ]

    def test_to_what_it_was_is_no_change(self) -> None:
        patron = known()
        self.update(patron)
        assert not patron.has_changed


class TestChangingTheCategory:
    def test_tells_the_new_one(self) -> None:
        patron = known()
        patron.change_category("regular", at=NOW)
        assert patron.category == "regular"
        assert events(patron) == [
            PatronCategoryChanged(aggregate_id=patron.id, occurred_at=NOW, category="regular")
        ]

    def test_to_what_it_was_is_no_change(self) -> None:
        patron = known()
        patron.change_category("researcher", at=NOW)
        assert not patron.has_changed


class TestLiftingABlock:
    def test_leaves_the_others(self) -> None:
        patron, first, second = known(), block(date(2026, 3, 10)), block()
        patron.block(first, at=NOW)
        patron.block(second, at=NOW)
        patron.pull_events()
        patron.lift(second.id, at=NOW)
        assert patron.blocks == (first,)
        assert events(patron) == [
            PatronUnblocked(aggregate_id=patron.id, occurred_at=NOW, block_id=second.id)
        ]

    def test_that_is_not_there_is_refused(self) -> None:
        patron = known()
        with pytest.raises(BlockNotFound):
            patron.lift(uuid4(), at=NOW)
        assert not patron.has_changed


class TestRenewingAMembership:
    def renewed(self, *, ends_on: date | None, until: date | None = None, today: date) -> Patron:
        patron = known()
        patron.expires_on = ends_on
        patron.renew_membership(until=until, today=today, at=NOW)
        return patron

    def test_goes_on_for_a_year_from_its_end(self) -> None:
        patron = self.renewed(ends_on=date(2025, 1, 1), today=date(2024, 12, 24))
        assert patron.expires_on == date(2026, 1, 1)
        assert events(patron) == [
            MembershipRenewed(aggregate_id=patron.id, occurred_at=NOW, expires_on=date(2026, 1, 1))
        ]

    def test_that_has_ended_begins_again_today(self) -> None:
        patron = self.renewed(ends_on=date(2020, 1, 1), today=date(2024, 2, 29))
        assert patron.expires_on == date(2025, 2, 28)

    def test_ends_on_the_day_that_is_named(self) -> None:
        patron = self.renewed(ends_on=None, until=date(2024, 6, 30), today=date(2024, 1, 15))
        assert patron.expires_on == date(2024, 6, 30)

    def test_needs_an_end_to_go_on_from(self) -> None:
        with pytest.raises(MembershipNeverEnds):
            self.renewed(ends_on=None, today=date(2024, 1, 15))

    def test_never_leaves_the_calendar(self) -> None:
        assert self.renewed(ends_on=date.max, today=date(2024, 1, 15)).expires_on == date.max


class TestAnnouncingTheEnd:
    END = date(2024, 1, 29)

    def ending(self) -> Patron:
        patron = known()
        patron.expires_on = self.END
        return patron

    @pytest.mark.parametrize(
        ("today", "told"),
        [
            (date(2024, 1, 14), False),
            (date(2024, 1, 15), True),
            (date(2024, 1, 29), True),
            (date(2024, 1, 30), False),
        ],
    )
    def test_happens_in_the_last_two_weeks(self, today: date, *, told: bool) -> None:
        patron = self.ending()
        assert patron.announce_end(today=today, at=NOW) is told
        assert (
            events(patron)
            == [MembershipExpiring(aggregate_id=patron.id, occurred_at=NOW, expires_on=self.END)] * told
        )

    def test_happens_once_for_each_end(self) -> None:
        patron, today = self.ending(), date(2024, 1, 20)
        assert [patron.announce_end(today=today, at=NOW) for _ in range(2)] == [True, False]
        patron.renew_membership(until=date(2024, 1, 31), today=today, at=NOW)
        assert patron.announce_end(today=today, at=NOW)

    def test_of_what_never_ends_never_happens(self) -> None:
        patron = known()
        patron.expires_on = None
        assert not patron.announce_end(today=date(2024, 1, 15), at=NOW)


class TestErasing:
    def test_is_the_last_that_is_heard(self) -> None:
        patron = known()
        patron.erase(at=NOW)
        assert events(patron) == [PatronErased(aggregate_id=patron.id, occurred_at=NOW)]
