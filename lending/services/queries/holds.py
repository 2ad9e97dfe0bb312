"""Queries about holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery

from lending.domain.hold import ACTIVE_STATES
from lending.domain.hold_queue import HoldNotFound
from lending.models import HoldRow
from lending.services.hold_details import HoldDetails
from lending.services.ports import BookNotFound, CopyDirectory, PatronDirectory, UnknownBook
from shared_kernel.services.bus import Query
from shared_kernel.services.pagination import Page, PageRequest, keyset_page

_ACTIVE: Final = tuple(state.value for state in ACTIVE_STATES)
_COLUMNS: Final = (
    *("id", "book_id", "patron_id", "barcode", "state", "pickup_branch", "pickup_deadline_at"),
    *("placed_at", "suspended", "suspended_until", "position"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetHold(Query[HoldDetails]):
    """One hold. `viewer_login` bounds the answer to that login's own holds; None sees every hold."""

    refusals = (HoldNotFound,)

    id: UUID
    viewer_login: int | None = None


def get_hold(query: GetHold, *, patrons: PatronDirectory) -> HoldDetails:
    """The hold. Raises HoldNotFound, also for somebody else's."""
    rows = _visible_to(query.viewer_login, patrons=patrons).filter(id=query.id)
    row = with_position(rows).values(*_COLUMNS).first()
    if row is None:
        raise HoldNotFound(id=str(query.id))
    return _view(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHolds(Query[Page[HoldDetails]]):
    """Holds, the newest first; `state` may be `active` for all that haven't ended.

    `viewer_login` bounds the answer to that login's own holds; None sees every hold.
    """

    patron: UUID | None = None
    book: UUID | None = None
    state: str | None = None
    viewer_login: int | None = None
    page: PageRequest


def list_holds(query: ListHolds, *, patrons: PatronDirectory) -> Page[HoldDetails]:
    """A page of holds."""
    wanted: dict[str, Any] = {"patron_id": query.patron, "book_id": query.book}  # column values
    rows = _visible_to(query.viewer_login, patrons=patrons)
    rows = rows.filter(**{column: value for column, value in wanted.items() if value is not None})
    if query.state is not None:
        rows = rows.filter(state__in=_ACTIVE if query.state == "active" else (query.state,))
    found = keyset_page(
        with_position(rows).values(*_COLUMNS),
        order=("placed_at", "id"),
        request=query.page,
        descending=True,
    )
    return found.mapped(lambda page: [_view(row) for row in page])


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQueue(Query[Sequence[HoldDetails]]):
    """The active holds of a book, in the order in which they are served."""

    refusals = (BookNotFound,)

    book: UUID


def list_queue(query: ListQueue, *, copies: CopyDirectory) -> Sequence[HoldDetails]:
    """The queue, its first first. Raises BookNotFound."""
    try:
        copies.title_of(query.book)
    except UnknownBook:
        raise BookNotFound from None
    rows = HoldRow.objects.filter(book_id=query.book, state__in=_ACTIVE).order_by("rank")
    return [_view(row) for row in with_position(rows).values(*_COLUMNS)]


def with_position(rows: QuerySet[HoldRow]) -> QuerySet[HoldRow]:
    """Each hold with its place among the active holds of its book, from 1; null for one that has ended."""
    ahead = (
        HoldRow.objects.filter(book_id=OuterRef("book_id"), state__in=_ACTIVE, rank__lte=OuterRef("rank"))
        .order_by()
        .values("book_id")
        .annotate(count=Count("id"))
        .values("count")
    )
    return rows.annotate(position=Subquery(ahead, output_field=IntegerField()))


def _visible_to(login: int | None, *, patrons: PatronDirectory) -> QuerySet[HoldRow]:
    if login is None:
        return HoldRow.objects.all()
    own = patrons.id_of_login(login)
    return HoldRow.objects.filter(patron_id=own) if own else HoldRow.objects.none()


def _view(row: dict[str, Any]) -> HoldDetails:
    return HoldDetails(
        id=row["id"],
        book=row["book_id"],
        patron=row["patron_id"],
        copy=row["barcode"],
        state=row["state"],
        position=row["position"] if row["state"] in _ACTIVE else None,
        pickup_branch=row["pickup_branch"],
        pickup_deadline_at=row["pickup_deadline_at"],
        placed_at=row["placed_at"],
        suspended=row["suspended"],
        suspended_until=row["suspended_until"],
    )
