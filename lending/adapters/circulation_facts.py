"""What catalog and patrons need to know of lending; it satisfies the ports that they declare."""

from collections.abc import Collection, Mapping
from typing import Literal
from uuid import UUID

from django.db.models import Count, QuerySet, Value

from lending.models import BranchRow, HoldRow, LoanRow

_SERVED = (HoldRow.State.ALLOCATED, HoldRow.State.READY)


class LendingFacts:
    """Lending's answers to its upstream contexts."""

    def busy_copies(self) -> "QuerySet[LoanRow, UUID]":
        """The ids of the copies that are lent or held, as a subquery that costs nothing until it is used."""
        lent = LoanRow.objects.filter(state=LoanRow.State.OPEN).order_by().values_list("copy_id", flat=True)
        held = HoldRow.objects.filter(state__in=_SERVED).order_by().values_list("copy_id", flat=True)
        return lent.union(held, all=True)

    def states_of(self, copies: Collection[UUID]) -> Mapping[UUID, Literal["lent", "held"]]:
        """Which of these copies are lent, and which are held."""
        lent = LoanRow.objects.filter(copy_id__in=copies, state=LoanRow.State.OPEN).order_by()
        held = HoldRow.objects.filter(copy_id__in=copies, state__in=_SERVED).order_by()
        stated = lent.values_list("copy_id", Value("lent")).union(held.values_list("copy_id", Value("held")))
        return dict(stated)

    def holds_waiting(self, books: Collection[UUID]) -> Mapping[UUID, int]:
        """How many holds wait for each of these books."""
        waiting = HoldRow.objects.filter(book_id__in=books, state=HoldRow.State.WAITING).order_by()
        return dict(waiting.values_list("book_id").annotate(Count("id")))

    def knows_branch(self, code: str) -> bool:
        """Whether there is such a branch."""
        return BranchRow.objects.filter(code=code).exists()
