"""A book's way through the library, past every process that has a part in it."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.conftest import shared_data
from tests.e2e.installation import Installation
from tests.e2e.observation import BORROWED, RETURNED, ReceivedMessage, event_listener, eventually, plain
from tests.services.directory import ROOT

pytestmark = pytest.mark.xdist_group("library")

DEMO_BOOKS = ROOT / "library_project" / "demo" / "books.mrc"
PROMISED_SECONDS = 5.0
ENVELOPE = {
    *("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"),
    *("aggregateversion", "correlationid"),
}


def imported(library: Installation, file: Path) -> dict[str, int]:
    report: dict[str, int] = library.system.ask("import_marc", str(file))
    return report


class TestALibrary:
    def test_imports_real_records_and_finds_them_unchanged_the_second_time(
        self, library: Installation
    ) -> None:
        first = imported(library, DEMO_BOOKS)
        assert first["created"] > 200
        assert first["copies"] == first["created"]
        again = imported(library, DEMO_BOOKS)
        assert (again["created"], again["unchanged"]) == (0, first["created"])
        [found] = library.desk.get("/api/v1/books?q=tolk+hobb").json["results"]
        assert found["availability"]["available"] == 1

    def test_imports_another_librarys_records(self, library: Installation) -> None:
        assert imported(library, shared_data("traject_test_data.utf8.mrc"))["created"] > 0

    def test_tells_the_world_and_the_patron_of_a_borrowing_and_of_its_return(
        self, library: Installation
    ) -> None:
        desk, patron = library.desk, library.desk.register()
        [barcode] = desk.add_copies(title="Notes on the Engine")
        with event_listener(library.broker.url, to="lending.#") as ear:
            lent = desk.borrow(barcode, patron)
            assert lent.status == 201
            loan = lent.json
            eventually(lambda: library.letters_to(patron), within=PROMISED_SECONDS)
            [heard] = ear.about(loan["id"])
            self.is_a_cloud_event(heard, BORROWED, version=1)
            assert heard.event["data"]["due_at"] == loan["due_at"]
            assert not any(secret in heard.text for secret in (patron.name, patron.email, patron.card))
            assert desk.give_back(barcode).json["loan"]["id"] == loan["id"]
            eventually(lambda: len(library.letters_to(patron)) == 2, within=PROMISED_SECONDS)
            [_, heard] = ear.about(loan["id"])
            self.is_a_cloud_event(heard, RETURNED, version=2)
            assert not any(secret in heard.text for secret in (patron.name, patron.email, patron.card))
        receipt, confirmation = library.letters_to(patron)
        assert "Notes on the Engine" in receipt
        assert f"{datetime.fromisoformat(loan['due_at']):%-d %B %Y}" in receipt
        assert "you have returned" in confirmation
        counts = dict(library.system.rows("SELECT book_id, count FROM catalog_borrowingcountrow"))
        assert {plain(book): count for book, count in counts.items()}[plain(loan["book"])] == 1
        library.ledger.comes_out_even(within=PROMISED_SECONDS)

    def test_lends_nothing_to_a_suspended_patron(self, library: Installation) -> None:
        desk, [barcode], patron = library.desk, library.desk.add_copies(), library.desk.register()
        assert desk.post(f"/patrons/{patron.id}/suspend", reason="unpaid bill").status == 200
        with event_listener(library.broker.url, to=BORROWED) as ear:
            refused = desk.borrow(barcode, patron)
            assert (refused.status, refused.codes) == (409, ["patron_blocked"])
            assert desk.post(f"/patrons/{patron.id}/reinstate").status == 200
            loan = desk.lend(barcode, patron)
            eventually(lambda: ear.about(loan), within=PROMISED_SECONDS)
            assert len(ear.messages) == 1
        eventually(lambda: len(library.letters_to(patron)) == 1, within=PROMISED_SECONDS)

    def is_a_cloud_event(self, heard: ReceivedMessage, type_: str, *, version: int) -> None:
        event = heard.event
        assert set(event) == ENVELOPE
        assert (event["specversion"], event["source"], event["type"]) == ("1.0", "/lending", type_)
        assert (event["datacontenttype"], event["aggregateversion"]) == ("application/json", version)
        assert event["time"].endswith("Z")
        assert (heard.routing_key, heard.content_type) == (type_, "application/cloudevents+json")
        assert heard.persistent
