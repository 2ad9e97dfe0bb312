"""The display names of patrons and loans."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from lending.models import LoanRow
from lending.services.ports import PatronDirectory
from shared_kernel.services.bus import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayNames(Query[Mapping[UUID, str]]):
    """The names of patrons and the titles of loans, by id, without unknown ones."""

    patrons: Collection[UUID]
    loans: Collection[UUID]


def display_names(query: DisplayNames, *, patrons: PatronDirectory) -> Mapping[UUID, str]:
    """Find them in two SQL queries, however many there are."""
    loans = LoanRow.objects.filter(id__in=query.loans).order_by().values_list("id", "title", "barcode")
    titles = {loan: f"{title} ({barcode})" for loan, title, barcode in loans}
    return {**patrons.names_of(query.patrons), **titles}
