from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from patrons.domain.block import Block, ReasonRequired
from patrons.domain.card_number import CardNumber
from patrons.domain.email_address import EmailAddress
from patrons.domain.patron import (
    AlreadySuspended,
    NotBlocked,
    Patron,
    PatronBlocked,
    PatronRegistered,
    PatronReinstated,
    PatronSuspended,
)
from patrons.domain.person_name import PersonName

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
