"""Finds holds that wait although a free copy could serve them."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from lending.models import HoldRow, LoanRow
from lending.services.gateways import Gateways
from lending.services.passing_over import passed_over
from lending.services.ports import LendingWork
from outbox.invariants import unconsumed_events

COPY_CHANGES = ("catalog.copy_added.v1", "catalog.copy_condition_changed.v1")
_OUT = Q(state__in=["open", "lost", "claimed_returned"])


class LendableCopies(Protocol):
    """The catalogue's copies, lazily, for use as a subquery."""

    def lendable_copies(self) -> "QuerySet[Any]":
        """Those that are lent, by `id` and `book_id`."""
        ...


def holds_to_fill(
    upstream: LendableCopies, work: LendingWork, *, gateways: Gateways, at: datetime
) -> Iterator[tuple[UUID, UUID]]:
    """The books and ids of the holds that a free copy would go to, by the order of the books' ids.

    Left out are copies whose changes lending has yet to consume, and books of which a copy that wasn't
    found is still to be marked as missing.
    """
    searched = unconsumed_events("catalog", ("lending.hold_copy_not_found.v1",))
    for book in _books_with_free_copies(upstream):
        if searched.filter(payload__contains=str(book)).exists():
            continue
        queue = work.holds.peek(book, title=gateways.copies.title_of(book))
        free = set(_free(upstream).filter(book_id=book).values_list("id", flat=True))
        for copy in gateways.copies.of_book(book):
            if copy.id in free:
                skipped = passed_over(queue, copy, work, gateways=gateways, at=at)
                hold = queue.first_for(copy.id, passing_over=skipped)
                if hold:
                    yield book, hold.id


def _books_with_free_copies(upstream: LendableCopies) -> Collection[UUID]:
    waiting = HoldRow.objects.filter(state="waiting", suspended=False).order_by()
    free = _free(upstream).filter(book_id=OuterRef("book_id"))
    any_will_do = waiting.filter(Exists(free), wanted_copy_id__isnull=True)
    one_will_do = waiting.filter(Exists(free.filter(id=OuterRef("wanted_copy_id"))))
    return sorted({hold.book_id for found in (any_will_do, one_will_do) for hold in found.only("book_id")})


def _free(upstream: LendableCopies) -> "QuerySet[Any]":
    this = {"copy_id": OuterRef("id")}
    return upstream.lendable_copies().filter(
        ~Exists(LoanRow.objects.filter(_OUT, **this)),
        ~Exists(HoldRow.objects.filter(state__in=["allocated", "ready"], **this)),
        ~Exists(unconsumed_events("lending", COPY_CHANGES).filter(aggregate_id=OuterRef("id"))),
    )
