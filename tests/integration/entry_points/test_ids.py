"""An id is a UUID, and whether its letters are small or capital says nothing."""

from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from shared_kernel.models import AuditEntry
from tests.factories import a_copy, a_loan
from tests.integration.entry_points.conftest import Visit
from tests.integration.entry_points.routes import routes

pytestmark = pytest.mark.django_db


def test_no_route_takes_small_letters_alone() -> None:
    assert not [route for route in routes() if "<uuid:" in route.raw]


class TestAnIdInCapitals:
    @pytest.fixture
    def loan(self) -> Any:
        return a_loan(copy_barcode=a_copy().barcode)

    def test_finds_the_thing_over_the_api(self, loan: Any, visit: Visit) -> None:
        client = visit("superuser")
        for address in (
            f"books/{loan.book}",
            f"books/{loan.book}/copies",
            f"patrons/{loan.patron}",
            f"patrons/{loan.patron}/account",
            f"loans/{loan.id}",
        ):
            for spelt in (address, _in_capitals(address)):
                assert client.get(f"/api/v1/{spelt}").status_code == 200, spelt
        assert client.get(f"/api/v1/loans?patron={str(loan.patron).upper()}").json()["results"]

    def test_finds_the_page(self, loan: Any, visit: Visit) -> None:
        assert Client().get(f"/books/{str(loan.book).upper()}").status_code == 200
        assert visit("librarian").get(f"/desk/statement/{str(loan.patron).upper()}").status_code == 200

    def test_finds_the_row_in_the_administration(self, loan: Any, visit: Visit) -> None:
        for page in (
            f"lending/loanrow/{str(loan.id).upper()}/change/",
            f"catalog/bookrow/{str(loan.book).upper()}/revise/",
            f"patrons/patronrow/{str(loan.patron).upper()}/contact/",
        ):
            assert visit("librarian").get(f"/admin/{page}").status_code == 200, page

    @pytest.mark.parametrize("page", ["/api/v1/patrons/{}/erase", "/admin/patrons/patronrow/{}/change/"])
    def test_is_on_record_in_small_letters_where_it_was_denied(
        self, page: str, loan: Any, visit: Visit
    ) -> None:
        visit("operator").post(page.format(str(loan.patron).upper()))
        (entry,) = AuditEntry.objects.filter(outcome="denied")
        assert entry.subjects == {"patron": str(UUID(str(loan.patron)))}


def _in_capitals(address: str) -> str:
    kind, _, rest = address.partition("/")
    key, _, end = rest.partition("/")
    return f"{kind}/{key.upper()}" + (f"/{end}" if end else "")
