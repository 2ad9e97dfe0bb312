"""The invariants of holds and their queues."""

from collections.abc import Sequence

from django.db.models import Count, Exists, OuterRef, Q

from lending.models import HoldQueueRow, HoldRow
from outbox.invariants import rows_without_event
from shared_kernel.services.invariants import Invariant, Rows

_HOLDS = HoldRow.objects.order_by()
ACTIVE = Q(state__in=["waiting", "allocated", "ready"])


def a_patron_waits_for_a_book_once() -> Rows:
    """A patron has one active hold on a book at most."""
    waiting = _HOLDS.filter(ACTIVE).values("book_id", "patron_id")
    return waiting.annotate(holds=Count("id")).filter(holds__gt=1)


def a_copy_serves_one_hold() -> Rows:
    """A copy is allocated to at most one hold."""
    served = _HOLDS.filter(state__in=["allocated", "ready"]).values("copy_id")
    return served.annotate(holds=Count("id")).filter(holds__gt=1)


def each_place_is_taken_once() -> Rows:
    """The active holds of a book have different positions."""
    places = _HOLDS.filter(ACTIVE).values("book_id", "rank")
    return places.annotate(holds=Count("id")).filter(holds__gt=1)


def a_hold_has_a_copy_once_one_serves_it() -> Rows:
    """A waiting hold has no copy, an allocated one has, and a ready one has a deadline too."""
    right = Q(state="waiting", copy_id__isnull=True, barcode__isnull=True, pickup_deadline_at__isnull=True)
    right |= Q(state="allocated", copy_id__isnull=False, pickup_deadline_at__isnull=True)
    right |= Q(state="ready", copy_id__isnull=False, pickup_deadline_at__isnull=False)
    return _HOLDS.filter(ACTIVE).exclude(right).values("id", "state")


def only_waiting_holds_are_suspended() -> Rows:
    """A hold that a copy serves takes part, and only a suspended one waits for a day."""
    wrong = Q(state__in=["allocated", "ready"], suspended=True)
    wrong |= Q(ACTIVE, suspended=False, suspended_until__isnull=False)
    return _HOLDS.filter(wrong).values("id", "state")


def a_hold_has_ended_when_it_says_so() -> Rows:
    """A hold has ended if, and only if, it has an end date."""
    wrong = (ACTIVE & Q(ended_at__isnull=False)) | (~ACTIVE & Q(ended_at__isnull=True))
    return _HOLDS.filter(wrong).values("id", "state")


def an_active_hold_has_a_patron() -> Rows:
    """An active hold has a patron."""
    return _HOLDS.filter(ACTIVE, patron_id__isnull=True).values("id")


def a_hold_is_in_a_queue() -> Rows:
    """A book with holds has a queue."""
    queue = HoldQueueRow.objects.filter(book_id=OuterRef("book_id"))
    return _HOLDS.filter(~Exists(queue)).values("id", "book_id")


def a_queue_is_as_its_last_event_left_it() -> Rows:
    """A queue's version is that of its latest event."""
    return rows_without_event(HoldQueueRow.objects.all())


def invariants() -> Sequence[Invariant]:
    """Those of holds."""
    functions = (
        a_patron_waits_for_a_book_once,
        a_copy_serves_one_hold,
        each_place_is_taken_once,
        a_hold_has_a_copy_once_one_serves_it,
        only_waiting_holds_are_suspended,
        a_hold_has_ended_when_it_says_so,
        an_active_hold_has_a_patron,
        a_hold_is_in_a_queue,
        a_queue_is_as_its_last_event_left_it,
    )
    return [Invariant.of("lending", function) for function in functions]
