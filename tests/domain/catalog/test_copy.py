from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from catalog.domain.barcode import Barcode
from catalog.domain.copy import (
    Condition,
    Copy,
    InvalidCondition,
    InvalidItemType,
    InvalidPrice,
    InvalidReason,
    ItemType,
)
from catalog.domain.copy_events import CopyAdded, CopyConditionChanged, CopyRemoved
from shared_kernel.domain.money import Money
from shared_kernel.domain.text import ReasonRequired

AT = datetime(2024, 1, 15, 10, tzinfo=UTC)


class TestACopy:
    def test_is_in_service_from_the_start_and_says_so(self) -> None:
        copy = Copy.add(
            id=uuid4(),
            book_id=uuid4(),
            barcode=Barcode("0042"),
            item_type=ItemType("dvd"),
            branch="MAIN",
            price=Money(Decimal("12.5"), "EUR"),
            at=AT,
        )
        (recorded,) = copy.pull_events()
        assert recorded.event == CopyAdded(
            aggregate_id=copy.id,
            occurred_at=AT,
            book_id=copy.book_id,
            copy_id=copy.id,
            barcode="0042",
            item_type="dvd",
            branch="MAIN",
            condition="in_service",
        )

    def test_gets_a_barcode_if_it_has_none(self) -> None:
        copy = Copy.add(id=uuid4(), book_id=uuid4(), item_type=ItemType("book"), branch="MAIN", at=AT)
        assert copy.barcode == Barcode.made_from(copy.id)

    def test_may_cost_nothing_but_not_less(self) -> None:
        def costing(amount: str) -> Copy:
            return Copy.add(
                id=uuid4(),
                book_id=uuid4(),
                item_type=ItemType("book"),
                branch="MAIN",
                price=Money(Decimal(amount), "EUR"),
                at=AT,
            )

        assert costing("0").price == Money(Decimal(0), "EUR")
        with pytest.raises(InvalidPrice):
            costing("-0.01")


def in_service() -> Copy:
    copy = Copy.add(
        id=uuid4(),
        book_id=uuid4(),
        barcode=Barcode("0042"),
        item_type=ItemType("book"),
        branch="MAIN",
        at=AT,
    )
    copy.pull_events()
    return copy


class TestAConditionOfACopy:
    def test_changes_and_the_copy_says_so_but_not_why(self) -> None:
        copy = in_service()
        assert copy.change_condition(Condition.DAMAGED, reason=" spine torn by J. ", at=AT)
        assert (copy.condition, copy.reason) == (Condition.DAMAGED, "spine torn by J.")
        (recorded,) = copy.pull_events()
        assert recorded.event == CopyConditionChanged(
            aggregate_id=copy.id,
            occurred_at=AT,
            book_id=copy.book_id,
            copy_id=copy.id,
            barcode="0042",
            condition="damaged",
            previous_condition="in_service",
        )

    @pytest.mark.parametrize("condition", [it for it in Condition if it is not Condition.IN_SERVICE])
    def test_that_keeps_it_from_being_lent_needs_a_reason(self, condition: Condition) -> None:
        copy = in_service()
        with pytest.raises(ReasonRequired):
            copy.change_condition(condition, reason="  ", at=AT)
        assert not copy.has_changed

    def test_of_being_in_service_needs_none(self) -> None:
        copy = in_service()
        copy.change_condition(Condition.MISSING, reason="not on the shelf", at=AT)
        copy.change_condition(Condition.IN_SERVICE, reason="", at=AT)
        assert (copy.condition, copy.reason) == (Condition.IN_SERVICE, "")

    def test_that_it_has_already_is_no_change_unless_the_reason_is_another(self) -> None:
        copy = in_service()
        assert not copy.change_condition(Condition.IN_SERVICE, reason="", at=AT)
        assert copy.change_condition(Condition.DAMAGED, reason="wet", at=AT)
        assert not copy.change_condition(Condition.DAMAGED, reason="wet", at=AT)
        assert copy.change_condition(Condition.DAMAGED, reason="mouldy", at=AT)

    @pytest.mark.parametrize("reason", ["x" * 501, "a\nb", "a\x00b"])
    def test_has_a_reason_of_one_line(self, reason: str) -> None:
        with pytest.raises(InvalidReason):
            in_service().change_condition(Condition.DAMAGED, reason=reason, at=AT)

    def test_is_one_of_five(self) -> None:
        assert Condition.parse("reference_only") is Condition.REFERENCE_ONLY
        with pytest.raises(InvalidCondition):
            Condition.parse("lost")


class TestALeavingCopy:
    def test_says_so(self) -> None:
        copy = in_service()
        copy.remove(at=AT)
        (recorded,) = copy.pull_events()
        assert recorded.event == CopyRemoved(
            aggregate_id=copy.id, occurred_at=AT, book_id=copy.book_id, copy_id=copy.id, barcode="0042"
        )


class TestAnItemType:
    @pytest.mark.parametrize("slug", ["book", "dvd", "board-game", "e_reader", "16mm", "x" * 40])
    def test_is_a_lower_case_slug(self, slug: str) -> None:
        assert ItemType(slug).slug == slug

    @pytest.mark.parametrize("slug", ["", "Book", "board game", "-x", "é", "x" * 41, "a\n", "a\x00"])
    def test_is_refused_otherwise(self, slug: str) -> None:
        with pytest.raises(InvalidItemType):
            ItemType(slug)
