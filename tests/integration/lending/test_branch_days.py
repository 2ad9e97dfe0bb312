"""Days are those of the branch, for whoever reads them."""

from datetime import date, datetime
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django import Settings

from patrons.services.commands.renew_membership import RenewMembership
from shared_kernel.services.commands import dispatch
from shared_kernel.services.request_context import with_context
from tests.factories import a_branch, a_copy
from tests.factories_patrons import a_patron
from tests.integration.conftest import Browser, Token
from tests.integration.lending.desk import Desk

pytestmark = pytest.mark.django_db

LENT = "2026-02-02T20:00:00Z"  # noon in Los Angeles; due two weeks later
DUE = "16 February 2026"


@pytest.fixture
def desk(token: Token) -> Desk:
    a_branch("LA", time_zone="America/Los_Angeles")
    return Desk(token("circulation:read", "circulation:write"))


@pytest.fixture(params=["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def _site(request: pytest.FixtureRequest, settings: Settings) -> None:
    settings.TIME_ZONE = request.param


@pytest.mark.usefixtures("_site")
class TestADueDate:
    def test_is_the_same_day_on_the_page_in_the_command_and_in_a_refusal(
        self, desk: Desk, browser: Browser, settings: Settings
    ) -> None:
        copy, patron = a_copy(branch="LA"), a_patron()
        out = StringIO()
        settings.LIBRARY_NOW = LENT
        call_command("borrow_book", copy.barcode, patron.card_number, stdout=out)
        assert "due 2026-02-16." in out.getvalue()
        page = browser("librarian").get("/desk/", {"patron": patron.card_number}).content.decode()
        assert DUE in page
        again = desk.borrow(copy.barcode, patron.card_number, at=LENT)
        assert f"until {DUE}" in again.json()["errors"][0]["detail"]

    def test_is_the_main_branchs_there(self, desk: Desk, browser: Browser) -> None:
        copy, patron = a_copy(), a_patron()
        desk.borrow(copy.barcode, patron.card_number, at=LENT)
        page = browser("librarian").get("/desk/", {"patron": patron.card_number}).content.decode()
        assert DUE in page


class TestToday:
    def test_of_a_suspension_is_the_pickup_branchs(self, desk: Desk) -> None:
        copy, patron = a_copy(branch="LA"), a_patron()
        desk.borrow(copy.barcode, a_patron().card_number)
        hold = desk.hold(copy.book, patron.card_number, pickup_branch="LA").json()
        evening = "2026-02-02T02:00:00Z"  # 1 February, 18:00, in Los Angeles
        path = f"/holds/{hold['id']}/suspend"
        assert desk.post(path, at=evening, until="2026-02-01").status_code == 422
        assert desk.post(path, at=evening, until="2026-02-02").status_code == 200

    @pytest.mark.usefixtures("desk")
    def test_of_a_membership_is_the_home_branchs(self) -> None:
        patron = a_patron(home_branch="LA", expires_on=date(2026, 2, 1))
        with with_context(acts_at=datetime.fromisoformat("2026-02-02T02:00:00Z")):
            renewed = dispatch(RenewMembership(patron=patron.id))
        assert renewed.expires_on == date(2027, 2, 1)
        late = a_patron(home_branch="LA", expires_on=date(2026, 1, 1))
        with with_context(acts_at=datetime.fromisoformat("2026-02-02T02:00:00Z")):
            assert dispatch(RenewMembership(patron=late.id)).expires_on == date(2027, 2, 1)
