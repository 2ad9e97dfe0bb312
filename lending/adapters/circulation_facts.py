"""Implements the ports that catalog and patrons declare for facts about circulation."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Value

from lending.adapters.repositories.accounts import DjangoAccounts
from lending.domain.hold import ACTIVE_STATES
from lending.domain.hold_queue import queue_id
from lending.domain.policies import erasing
from lending.domain.policies.leaving import StillHeld, StillLent
from lending.models import BranchRow, HoldQueueRow, HoldRow, LoanRow
from shared_kernel.domain.errors import Refusal
from shared_kernel.sql.queries import ArrayParam, CompiledQuery

#: The states in which the copy is out, as far as the library knows.
_OUT = (LoanRow.State.OPEN, LoanRow.State.LOST, LoanRow.State.CLAIMED_RETURNED)
_SERVED = (HoldRow.State.ALLOCATED, HoldRow.State.READY)


class LendingFacts:
    """Facts about circulation for the upstream contexts."""

    def copy_is_busy(self) -> Q:
        """A condition on a query's rows: the copy is lent or held. One index look-up each."""
        lent = LoanRow.objects.filter(copy_id=OuterRef("pk"), state__in=_OUT)
        held = HoldRow.objects.filter(copy_id=OuterRef("pk"), state__in=_SERVED)
        return Q(Exists(lent)) | Q(Exists(held))

    def states_of(self, copies: Collection[UUID]) -> Mapping[UUID, Literal["lent", "held"]]:
        """Which of these copies are lent, and which are held."""
        return dict(_stated(copy_id=copies))

    def holds_waiting_for_row(self) -> Subquery:
        """An expression for a query's rows, which are books: how many holds wait for each; NULL for none."""
        waiting = HoldRow.objects.filter(book_id=OuterRef("pk"), state=HoldRow.State.WAITING).order_by()
        return Subquery(waiting.values("book_id").annotate(number=Count("id")).values("number"))

    def holds_waiting(self, books: Collection[UUID]) -> Mapping[UUID, int]:
        """How many holds wait for each of these books."""
        return dict(_waiting(book_id=books))

    def knows_branch(self, code: str) -> bool:
        """Whether there is such a branch."""
        return BranchRow.objects.filter(code=code).exists()

    def day_of(self, instant: datetime, *, branch: str | None) -> date:
        """The day that it is then at a branch; in the site's time zone for None."""
        known = BranchRow.objects.filter(code=branch).values_list("time_zone", flat=True).first()
        return instant.astimezone(ZoneInfo(known or settings.TIME_ZONE)).date()

    def may_withdraw(self, copy: UUID, book: UUID) -> Refusal | None:
        """Why this copy can't be withdrawn now. Locks its book's queue, as lending it does."""
        _lock_queues([book])
        if LoanRow.objects.filter(copy_id=copy, state__in=_OUT).exists():
            return StillLent()
        held = HoldRow.objects.filter(copy_id=copy, state__in=_SERVED).exists()
        return StillHeld() if held else None

    def reasons_to_keep_book(self, book: UUID) -> Sequence[Refusal]:
        """Why this book can't be removed now. Locks its queue, likewise."""
        _lock_queues([book])
        lent = LoanRow.objects.filter(book_id=book, state__in=_OUT).exists()
        held = HoldRow.objects.filter(book_id=book, state__in=ACTIVE_STATES).exists()
        return [*([StillLent()] if lent else []), *([StillHeld()] if held else [])]

    def circulated(self, books: Collection[UUID]) -> Mapping[UUID, Literal["loans", "holds"]]:
        """Which of these books were ever lent, and which others are held. Locks their queues, likewise."""
        _lock_queues(books)
        held = HoldRow.objects.filter(book_id__in=books, state__in=ACTIVE_STATES)
        lent = LoanRow.objects.filter(book_id__in=books)
        found: dict[UUID, Literal["loans", "holds"]] = {}
        found |= dict.fromkeys(held.order_by().values_list("book_id", flat=True), "holds")
        found |= dict.fromkeys(lent.order_by().values_list("book_id", flat=True), "loans")
        return found

    def reasons_to_keep(self, patron: UUID) -> Sequence[Refusal]:
        """Why this patron can't be erased now. Whoever asks has locked them, as borrowing does."""
        loans = LoanRow.objects.filter(patron_id=patron, state__in=_OUT).count()
        holds = HoldRow.objects.filter(patron_id=patron, state__in=ACTIVE_STATES).count()
        balance = DjangoAccounts().balance_of(patron)
        return erasing.refusals(loans=loans, holds=holds, balance=balance)


_stated: CompiledQuery[tuple[UUID, Literal["lent", "held"]]] = CompiledQuery(
    lambda: (
        LoanRow.objects.filter(copy_id__in=ArrayParam(LoanRow, "copy_id"), state__in=_OUT)
        .order_by()
        .values_list("copy_id", Value("lent"))
        .union(
            HoldRow.objects.filter(copy_id__in=ArrayParam(HoldRow, "copy_id"), state__in=_SERVED)
            .order_by()
            .values_list("copy_id", Value("held"))
        )
    )
)
_waiting: CompiledQuery[tuple[UUID, int]] = CompiledQuery(
    lambda: (
        HoldRow.objects.filter(book_id__in=ArrayParam(HoldRow, "book_id"), state=HoldRow.State.WAITING)
        .order_by()
        .values_list("book_id")
        .annotate(Count("id"))
    )
)


def _lock_queues(books: Collection[UUID]) -> None:
    """Lock the books' queues, in one order for everybody; a row is made where there is none yet."""
    made = [HoldQueueRow(id=queue_id(book), version=0, book_id=book) for book in sorted(books)]
    HoldQueueRow.objects.bulk_create(made, ignore_conflicts=True)
    list(HoldQueueRow.objects.select_for_update().filter(book_id__in=books).order_by("book_id"))
