"""The invariants of lending's records together with those of the upstream contexts."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from lending.models import HoldRow, LedgerEntryRow, LoanRow
from lending.services.gateways import Gateways
from lending.services.holds_to_fill import COPY_CHANGES, holds_to_fill
from lending.services.invariants.holds import ACTIVE
from lending.services.ports import LendingWork
from outbox.invariants import unconsumed_events
from shared_kernel.services.invariants import Invariant, Rows
from shared_kernel.services.request_context import RequestClock

_OUT = Q(state__in=["open", "lost", "claimed_returned"])
#: What may let a patron have a copy that passed them over.
PATRON_CHANGES = (
    "patrons.membership_renewed.v1",
    "patrons.patron_category_changed.v1",
    "patrons.patron_contact_changed.v1",
    "patrons.patron_reinstated.v1",
    "patrons.patron_unblocked.v1",
)


class UpstreamRecords(Protocol):
    """Rows of the catalogue and of patrons, lazily, for use as subqueries."""

    def books(self) -> "QuerySet[Any]":
        """The catalogue's books, by `id`."""
        ...

    def copies(self) -> "QuerySet[Any]":
        """The catalogue's copies, by `id` and `book_id`, but for those that were withdrawn."""
        ...

    def lendable_copies(self) -> "QuerySet[Any]":
        """Those of them that are lent."""
        ...

    def patrons(self) -> "QuerySet[Any]":
        """The patrons, by `id`."""
        ...


def what_is_out_is_in_the_catalogue(upstream: UpstreamRecords) -> Rows:
    """A copy on loan is in the catalogue, belongs to the book, and is not withdrawn."""
    copy = upstream.copies().filter(id=OuterRef("copy_id"), book_id=OuterRef("book_id"))
    return LoanRow.objects.filter(_OUT).filter(~Exists(copy)).order_by().values("id", "copy_id")


def what_is_waited_for_is_in_the_catalogue(upstream: UpstreamRecords) -> Rows:
    """A book with active holds is in the catalogue."""
    book = upstream.books().filter(id=OuterRef("book_id"))
    return HoldRow.objects.filter(ACTIVE).filter(~Exists(book)).order_by().values("id", "book_id")


def who_has_or_waits_or_owes_is_a_patron(upstream: UpstreamRecords) -> Rows:
    """The patron of an outstanding loan, an active hold or a debt exists."""
    known = upstream.patrons().filter(id=OuterRef("patron_id"))
    borrowing = LoanRow.objects.filter(_OUT).filter(~Exists(known)).order_by()
    yield from borrowing.values("patron_id", loan_id=F("id"))
    waiting = HoldRow.objects.filter(ACTIVE).filter(~Exists(known)).order_by()
    yield from waiting.values("patron_id", hold_id=F("id"))
    accounts = LedgerEntryRow.objects.filter(~Exists(known)).order_by().values("patron_id")
    yield from accounts.annotate(owed=Sum("amount_minor")).filter(owed__gt=0)


def no_reason_is_about_who_was_erased(upstream: UpstreamRecords) -> Rows:
    """The account of an erased patron has no free text, once lending has consumed the event."""
    known = upstream.patrons().filter(id=OuterRef("patron_id"))
    erased = unconsumed_events("lending", ("patrons.patron_erased.v1",)).filter(
        aggregate_id=OuterRef("patron_id")
    )
    entries = LedgerEntryRow.objects.exclude(reason="").filter(~Exists(known), ~Exists(erased))
    return entries.order_by().values("id", "patron_id")


def a_hold_is_served_by_a_copy_that_can_be_lent(upstream: UpstreamRecords) -> Rows:
    """An allocated copy belongs to the hold's book and can be lent, once lending has consumed its changes."""
    copy = upstream.lendable_copies().filter(id=OuterRef("copy_id"), book_id=OuterRef("book_id"))
    changed = unconsumed_events("lending", COPY_CHANGES).filter(aggregate_id=OuterRef("copy_id"))
    allocated = HoldRow.objects.filter(state="allocated").order_by()
    return allocated.filter(~Exists(copy), ~Exists(changed)).values("id", "copy_id")


def no_hold_waits_for_a_free_copy(upstream: UpstreamRecords, work: LendingWork, gateways: Gateways) -> Rows:
    """No hold waits while a copy is free that its patron may have, once lending has consumed what changed.

    Who may have it only since today is found by the scheduled job.
    """
    now = RequestClock().now()
    found = partial(holds_to_fill, upstream, work, gateways=gateways)
    since_yesterday = set(found(at=now - timedelta(days=1)))
    holds = [hold for book, hold in found(at=now) if (book, hold) in since_yesterday]
    let_in = unconsumed_events("lending", PATRON_CHANGES).filter(aggregate_id=OuterRef("patron_id"))
    return HoldRow.objects.filter(~Exists(let_in), id__in=holds).order_by().values("id", "book_id")


def invariants(upstream: UpstreamRecords, work: LendingWork, gateways: Gateways) -> Sequence[Invariant]:
    """Those of both together."""
    functions = (
        what_is_out_is_in_the_catalogue,
        what_is_waited_for_is_in_the_catalogue,
        who_has_or_waits_or_owes_is_a_patron,
        no_reason_is_about_who_was_erased,
        a_hold_is_served_by_a_copy_that_can_be_lent,
    )
    return [
        *(Invariant.of("lending", function, upstream) for function in functions),
        Invariant.of("lending", no_hold_waits_for_a_free_copy, upstream, work, gateways),
    ]
