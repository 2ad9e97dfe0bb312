"""Patrons: the list, one of them, and the one behind a login."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet

from patrons.domain.patron import PatronNotFound
from patrons.models import PatronRow
from patrons.services.patron_details import BlockDetails, PatronDetails, PatronSummary
from shared_kernel.domain.text import fold
from shared_kernel.services.bus import Query
from shared_kernel.services.pagination import Page, PageRequest, keyset_page

Shape = TypeVar("Shape", bound=PatronSummary)
#: The columns that are named otherwise than the fields they fill.
_COLUMN_OF: Final = {"category": "category_id"}


def _columns(shape: type[PatronSummary]) -> list[str]:
    return [_COLUMN_OF.get(field.name, field.name) for field in fields(shape)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPatrons(Query[Page[PatronSummary]]):
    """The patrons by name. `q` is looked for in name and address, and at the beginning of the card number."""

    page: PageRequest
    q: str = ""
    category: str | None = None


def list_patrons(query: ListPatrons) -> Page[PatronSummary]:
    """One page, by one SQL query."""
    rows: QuerySet[PatronRow] = (
        PatronRow.objects.filter(_matching(query.q)) if query.q else PatronRow.objects.all()
    )
    if query.category is not None:
        rows = rows.filter(category=query.category)
    columns = (*_columns(PatronSummary), "sort_key")
    page = keyset_page(rows.values(*columns), order=("sort_key", "id"), request=query.page)
    return page.mapped(lambda found: [_read(PatronSummary, row) for row in found])


def _matching(q: str) -> Q:
    named = Q()
    for word in fold(q).split():
        named &= Q(sort_key__contains=word)
    typed = q.strip()
    return named | Q(email__contains=typed.lower()) | Q(card_number__istartswith=typed)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPatron(Query[PatronDetails]):
    """One patron; with `viewer_login`, only if that login is theirs."""

    refusals = (PatronNotFound,)

    patron: UUID
    viewer_login: int | None = None


def get_patron(query: GetPatron) -> PatronDetails:
    """The patron as they are now. Raises PatronNotFound."""
    rows = PatronRow.objects.filter(id=query.patron)
    if query.viewer_login is not None:
        rows = rows.filter(login_id=query.viewer_login)
    return _only(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPatron(Query[PatronDetails]):
    """The patron behind a login."""

    login: int


def own_patron(query: OwnPatron) -> PatronDetails:
    """Themselves, as they are now. Raises PatronNotFound for a login that is no patron's."""
    return _only(PatronRow.objects.filter(login_id=query.login))


def _only(rows: QuerySet[PatronRow]) -> PatronDetails:
    row = rows.values(*_columns(PatronDetails)).first()
    if row is None:
        raise PatronNotFound
    return _read(PatronDetails, row)


def _read(shape: type[Shape], row: Mapping[str, Any]) -> Shape:  # as various as the columns
    values = {field.name: row[_COLUMN_OF.get(field.name, field.name)] for field in fields(shape)}
    values["blocks"] = tuple(
        BlockDetails(
            id=UUID(each["id"]),
            reason=each["reason"],
            until=each["until"] and date.fromisoformat(each["until"]),
        )
        for each in row["blocks"]
    )
    values["declined_notices"] = tuple(row["declined_notices"])
    return shape(**values)
