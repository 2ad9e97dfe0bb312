"""The API of accounts as CSV files."""

from collections.abc import Sequence
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from lending.api.viewer import viewer_login
from lending.services.queries.statements import Statement, StatementLine
from shared_kernel.services.queries import ask
from shared_kernel.web.access import OWN
from shared_kernel.web.csv_files import csv_file
from shared_kernel.web.views import LibraryViewSet

READ = "circulation:read"
_COLUMNS = ("at", "kind", "title", "reason", "charge", "credit", "balance", "currency", "loan", "entry")


class CsvRenderer(BaseRenderer):
    """Declares CSV to content negotiation; the view itself writes the response."""

    media_type = "text/csv"
    format = "csv"


class AccountFileViewSet(LibraryViewSet):
    """A patron's account as CSV."""

    policy = {"file": (READ, "accounts:write", OWN)}
    renderer_classes: Sequence[type[BaseRenderer]] = (CsvRenderer,)

    @extend_schema(responses={(200, CsvRenderer.media_type): OpenApiTypes.STR})
    def file(self, _request: Request, id: UUID) -> StreamingHttpResponse:
        """The ledger with the balance after each entry, as CSV."""
        viewer = None if self.principal.may("accounts:write") else viewer_login(self.principal, sees_all=READ)
        statement = ask(Statement(patron=id, viewer_login=viewer))
        return csv_file(f"account-{id}.csv", _COLUMNS, map(_row, statement.lines), marked=False)


def _row(line: StatementLine) -> Sequence[object]:
    charge, credit = (part.amount if part else "" for part in (line.charge, line.credit))
    balance = line.balance
    return (
        *(line.at, line.kind, line.title, line.reason, charge, credit),
        *(balance.amount, balance.currency, line.loan or "", line.entry),
    )
