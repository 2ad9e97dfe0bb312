"""What the lists of loans and of returns have in common."""

from typing import TypeVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from lending.models import LoanRow
from lending.services.queries.lookups import PatronOfCard
from shared_kernel.services.queries import ask
from shared_kernel.web.admin.base import CommandAdmin

L = TypeVar("L", bound=LoanRow)


class LoanSearchAdmin(CommandAdmin[L]):
    """Loans, searched by what is scanned at the desk: a copy's barcode or a patron's card, both indexed."""

    read_scope = "circulation:read"
    write_scope = "circulation:write"
    search_fields = ("barcode", "patron_id")
    search_help_text = "A copy's barcode or a patron's card"

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002  Django passes it
        queryset: QuerySet[L],
        search_term: str,
    ) -> tuple[QuerySet[L], bool]:
        """The loans of the copy, and those of the patron."""
        scanned = search_term.strip()
        if not scanned:
            return queryset, False
        patron = ask(PatronOfCard(card=scanned))
        matches = Q(barcode=scanned) if patron is None else Q(barcode=scanned) | Q(patron_id=patron)
        return queryset.filter(matches), False
