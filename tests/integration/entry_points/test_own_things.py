"""A patron sees their own things; those of others are as if they were not."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from lending.services.commands.place_hold import PlaceHold
from patrons.services.commands.link_login import LinkLogin
from patrons.services.patron_details import PatronDetails
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from shared_kernel.services.logins import CreateLogin
from tests.factories import a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.integration.entry_points.access_table import API

pytestmark = pytest.mark.django_db

#: What a patron may ask about a thing of their own.
OF_ONE_THING = [
    (method, pattern)
    for pattern, methods in API.items()
    if "{}" in pattern
    for method, visitors in methods.items()
    if "patron" in visitors and "anonymous" not in visitors
]
LISTS = ["loans?patron={patron}", "holds?patron={patron}"]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another patron, and what is theirs: by the first word of the addresses that show it."""

    patron: PatronDetails
    things: dict[str, UUID]


@pytest.fixture
def reader(db: None) -> Client:
    login = dispatch(CreateLogin(name="ada", role="patron"))
    dispatch(LinkLogin(card=a_patron().card_number, login_id=login.id))
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(pk=login.id))
    return client


@pytest.fixture
def neighbour(db: None) -> Neighbour:
    patron = a_patron()
    loan = a_loan(patron_card=patron.card_number)
    lent = a_loan(copy_barcode=a_copy().barcode)
    hold = dispatch(PlaceHold(book=lent.book, patron_card=patron.card_number))
    return Neighbour(patron, {"patrons": patron.id, "loans": loan.id, "holds": hold.id})


def said(client: Client, method: str, address: str, body: str = "{}") -> tuple[int, dict[str, Any]]:
    sent: dict[str, Any] = {} if method == "GET" else {"data": body, "content_type": "application/json"}
    response = client.generic(method, f"/api/v1/{address}", **sent)
    varying = {"instance", "request_id"}
    return response.status_code, {name: it for name, it in response.json().items() if name not in varying}


class TestAPatron:
    def test_has_things_to_be_tried_here(self) -> None:
        assert ("GET", "patrons/{}") in OF_ONE_THING
        assert ("POST", "loans/{}/renew") in OF_ONE_THING

    @pytest.mark.parametrize(("method", "pattern"), OF_ONE_THING)
    @pytest.mark.parametrize("body", ["{}", '{"reason": "x", "until": null}', '{"phone": 1}'])
    def test_gets_the_same_answer_about_anothers_thing_as_about_none(
        self,
        method: str,
        pattern: str,
        body: str,
        reader: Client,
        neighbour: Neighbour,
        rows: Callable[[], Any],
    ) -> None:
        before = rows()
        theirs, nobodys = neighbour.things[pattern.partition("/")[0]], uuid4()
        foreign = said(reader, method, pattern.format(theirs), body)
        unknown = said(reader, method, pattern.format(nobodys), body)
        assert foreign[1] == json.loads(json.dumps(unknown[1]).replace(str(nobodys), str(theirs)))
        assert foreign[0] in ({404} if body == "{}" else {404, 422})
        assert rows() == before

    @pytest.mark.parametrize("address", LISTS)
    def test_finds_nothing_of_others_in_lists(
        self, address: str, reader: Client, neighbour: Neighbour
    ) -> None:
        foreign = said(reader, "GET", address.format(patron=neighbour.patron.id))
        assert foreign == said(reader, "GET", address.format(patron=uuid4()))
        assert foreign == (200, {"results": [], "next": None, "previous": None})
        assert said(reader, "GET", address.partition("?")[0])[1]["results"] == []

    def test_can_place_no_hold_with_anothers_card(self, reader: Client, neighbour: Neighbour) -> None:
        book = a_copy().book

        def placed(card: str) -> tuple[int, dict[str, Any]]:
            return said(reader, "POST", "holds", f'{{"book": "{book}", "patron_card": "{card}"}}')

        (status, problem), (status_of_none, problem_of_none) = (
            placed(neighbour.patron.card_number),
            placed("P-000000"),
        )
        assert (status, problem["code"]) == (status_of_none, problem_of_none["code"])
        assert status in {404, 422}

    def test_is_told_the_same_on_record_too(self, reader: Client, neighbour: Neighbour) -> None:
        said(reader, "POST", f"loans/{neighbour.things['loans']}/renew")
        entry = AuditEntry.objects.filter(outcome="refused").latest("id")
        assert entry.codes == ["not_found"]
        assert entry.principal.startswith("user:")
