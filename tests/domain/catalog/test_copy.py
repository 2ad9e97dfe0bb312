from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from catalog.domain.barcode import Barcode
from catalog.domain.copy import Copy, CopyAdded, InvalidItemType, InvalidPrice, ItemType
from shared_kernel.domain.money import Money

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


class TestAnItemType:
    @pytest.mark.parametrize("slug", ["book", "dvd", "board-game", "e_reader", "16mm", "x" * 40])
    def test_is_a_lower_case_slug(self, slug: str) -> None:
        assert ItemType(slug).slug == slug

    @pytest.mark.parametrize("slug", ["", "Book", "board game", "-x", "é", "x" * 41, "a\n", "a\x00"])
    def test_is_refused_otherwise(self, slug: str) -> None:
        with pytest.raises(InvalidItemType):
            ItemType(slug)
