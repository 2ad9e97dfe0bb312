from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from lending.models import BranchRow, ClosureRow, LoanRow
from lending.services.ports import BranchNotFound
from lending.services.queries.calendars import GetBranch
from outbox.models import OutboxMessage
from shared_kernel.models import AuditEntry
from shared_kernel.services.queries import ask
from tests.factories import a_copy
from tests.factories_patrons import a_patron
from tests.integration.conftest import Browser, Token
from tests.integration.lending.desk import Desk, codes

pytestmark = pytest.mark.django_db

NOON = "2024-01-15T12:00:00Z"
CLOSURES = "/branches/MAIN/closures"
DAYS = {"from": "2024-01-01", "to": "2024-01-02", "reason": "stocktaking"}


@pytest.fixture
def manager(token: Token) -> Desk:
    return Desk(token("rules:write", "circulation:read", "circulation:write"))


def close(manager: Desk, first_on: str, last_on: str, *, branch: str = "MAIN", **how: Any) -> Any:
    body = {"from": first_on, "to": last_on, "reason": "stocktaking"}
    return manager.post(f"/branches/{branch}/closures", **body, **how)


def told(type_: str) -> int:
    return OutboxMessage.objects.filter(type=type_).count()


class TestBranches:
    def test_begin_with_the_main_branch(self, manager: Desk) -> None:
        assert manager.get("/branches").json()["results"] == [
            {"code": "MAIN", "name": "Main library", "time_zone": "UTC", "closed_weekdays": []}
        ]

    def test_are_added_with_their_zone_and_weekly_days(self, manager: Desk) -> None:
        branch = {"code": "EAST", "name": "East", "time_zone": "Europe/Berlin", "closed_weekdays": [6, 0, 6]}
        answer = manager.post("/branches", **branch)
        assert (answer.status_code, answer.json()) == (201, {**branch, "closed_weekdays": [0, 6]})
        assert [each["code"] for each in manager.get("/branches").json()["results"]] == ["EAST", "MAIN"]
        assert told("lending.branch_added.v1") == 1

    def test_have_one_code_each(self, manager: Desk) -> None:
        answer = manager.post("/branches", code="MAIN", name="Other", time_zone="UTC")
        assert (answer.status_code, codes(answer)) == (409, ["branch_exists"])
        assert BranchRow.objects.get().name == "Main library"

    @pytest.mark.parametrize(
        ("wrong", "expected"),
        [
            ({"time_zone": "Europe/Nowhere"}, ["unknown_time_zone"]),
            ({"time_zone": "../../etc/passwd"}, ["unknown_time_zone"]),
            ({"code": "east wing"}, ["branch_code_invalid"]),
            ({"code": "X" * 21}, ["branch_code_invalid"]),
            ({"name": "\u200b"}, ["branch_name_invalid"]),
            ({"closed_weekdays": [0, 1, 2, 3, 4, 5, 6]}, ["always_closed"]),
            ({"code": "?", "time_zone": "?"}, ["branch_code_invalid", "unknown_time_zone"]),
        ],
    )
    def test_are_refused_with_what_is_wrong(
        self, manager: Desk, wrong: dict[str, Any], expected: list[str]
    ) -> None:
        branch = {"code": "EAST", "name": "East", "time_zone": "UTC", "closed_weekdays": [], **wrong}
        answer = manager.post("/branches", **branch)
        assert (answer.status_code, codes(answer)) == (422, expected)

    @pytest.mark.parametrize("closed_weekdays", [[7], [-1], ["Monday"], "0"])
    def test_have_days_of_the_week(self, manager: Desk, closed_weekdays: Any) -> None:
        branch = {"code": "EAST", "name": "East", "time_zone": "UTC", "closed_weekdays": closed_weekdays}
        assert manager.post("/branches", **branch).status_code == 422

    def test_are_read_with_circulation_and_written_with_rules_alone(
        self, token: Token, browser: Browser
    ) -> None:
        reader = Desk(token("circulation:read", "circulation:write"))
        assert reader.get("/branches").status_code == 200
        assert reader.get(CLOSURES).status_code == 200
        assert reader.post("/branches", code="EAST", name="East", time_zone="UTC").status_code == 403
        assert close(reader, "2024-01-01", "2024-01-02").status_code == 403
        assert reader.send("DELETE", f"{CLOSURES}/{uuid4()}").status_code == 403
        assert Client().get("/api/v1/branches").status_code == 401
        assert browser("patron").get("/api/v1/branches").status_code == 403

    def test_are_asked_for_by_a_code_that_there_is(self) -> None:
        assert ask(GetBranch(code="MAIN")).name == "Main library"
        with pytest.raises(BranchNotFound):
            ask(GetBranch(code="NOWHERE"))

    def test_are_listed_with_one_query(self, manager: Desk, django_assert_num_queries: Any) -> None:
        for code in ("A", "B", "C"):
            manager.post("/branches", code=code, name=code, time_zone="UTC")
        with django_assert_num_queries(1):
            assert len(manager.get("/branches").json()["results"]) == 4


class TestClosures:
    def test_are_added_listed_and_taken_back(self, manager: Desk) -> None:
        answer = close(manager, "2024-01-28", "2024-01-30")
        closure = answer.json()
        assert answer.status_code == 201
        assert set(closure) == {"id", "branch", "from", "to", "reason"}
        assert (closure["from"], closure["to"]) == ("2024-01-28", "2024-01-30")
        assert manager.get(CLOSURES).json()["results"] == [closure]
        gone = manager.send("DELETE", f"{CLOSURES}/{closure['id']}")
        assert (gone.status_code, gone.content) == (204, b"")
        assert manager.get(CLOSURES).json()["results"] == []
        assert (told("lending.closure_added.v1"), told("lending.closure_removed.v1")) == (1, 1)

    def test_may_not_overlap(self, manager: Desk) -> None:
        close(manager, "2024-01-28", "2024-01-30")
        answer = close(manager, "2024-01-30", "2024-02-02")
        assert (answer.status_code, codes(answer)) == (409, ["closure_overlaps"])
        assert ClosureRow.objects.count() == 1

    @pytest.mark.parametrize(
        ("first_on", "last_on"),
        [("2024-01-30", "2024-01-28"), ("2024-01-01", "2027-01-01"), ("0001-01-01", "0001-01-02")],
    )
    def test_are_some_days_within_reach(self, manager: Desk, first_on: str, last_on: str) -> None:
        answer = close(manager, first_on, last_on)
        assert (answer.status_code, codes(answer)) == (422, ["closure_invalid"])

    @pytest.mark.parametrize("day", ["28.01.2024", "2024-02-30", "2024-01-28T00:00:00Z", "", None, 5])
    def test_have_real_days(self, manager: Desk, day: Any) -> None:
        assert close(manager, day, "2024-01-30").status_code == 422

    def test_are_of_a_branch_that_there_is(self, manager: Desk) -> None:
        other = close(manager, "2024-01-28", "2024-01-30").json()["id"]
        manager.post("/branches", code="EAST", name="East", time_zone="UTC")
        answers = [
            manager.get("/branches/NOWHERE/closures"),
            close(manager, "2024-01-01", "2024-01-02", branch="NOWHERE"),
            manager.post("/branches/NOWHERE/closures?dry_run=true", **DAYS),
            manager.send("DELETE", f"/branches/NOWHERE/closures/{other}"),
            manager.send("DELETE", f"/branches/EAST/closures/{other}"),
            manager.send("DELETE", f"{CLOSURES}/{uuid4()}"),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert ClosureRow.objects.count() == 1

    def test_are_added_once_for_one_key(self, manager: Desk) -> None:
        first = close(manager, "2024-01-28", "2024-01-30", key="closure-0001")
        again = close(manager, "2024-01-28", "2024-01-30", key="closure-0001")
        assert (again.status_code, again.content) == (201, first.content)

    @pytest.mark.parametrize(
        ("borrowed_at", "due_on"),
        [("1999-12-18", "2000-01-06"), ("1999-12-21", "2000-01-06"), ("1999-12-23", "2000-01-06")],
    )
    def test_move_due_dates_to_come_to_the_next_open_day(
        self, manager: Desk, borrowed_at: str, due_on: str
    ) -> None:
        manager.post("/branches", code="EAST", name="East", time_zone="UTC", closed_weekdays=[6])
        close(manager, "2000-01-01", "2000-01-05", branch="EAST")
        loan = manager.borrow(
            a_copy(branch="EAST").barcode, a_patron().card_number, at=f"{borrowed_at}T09:00:00Z"
        ).json()
        assert loan["due_at"] == f"{due_on}T23:59:59Z"


class TestAPreviewOfAClosure:
    def preview(self, manager: Desk, first_on: str, last_on: str) -> Any:
        headers = {**manager.headers, "Library-Now": NOON}
        body = {"from": first_on, "to": last_on, "reason": "stocktaking"}
        return manager.client.post(
            f"/api/v1{CLOSURES}?dry_run=true", body, content_type="application/json", headers=headers
        )

    def test_tells_what_would_move_and_changes_nothing(self, manager: Desk) -> None:
        copy, waiting = a_copy(), a_copy()
        loan = manager.borrow(copy.barcode, a_patron().card_number, at=NOON).json()
        manager.borrow(waiting.barcode, a_patron().card_number, at=NOON)
        hold = manager.hold(waiting.book, a_patron().card_number, at=NOON).json()
        manager.give_back(waiting.barcode, at=NOON)
        before = (OutboxMessage.objects.count(), AuditEntry.objects.count())
        answer = self.preview(manager, "2024-01-20", "2024-01-31")
        assert (answer.status_code, before) == (
            200,
            (OutboxMessage.objects.count(), AuditEntry.objects.count()),
        )
        seen = answer.json()
        assert (seen["from"], seen["to"], seen["loans"], seen["holds"]) == ("2024-01-20", "2024-01-31", 1, 1)
        assert seen["loan_examples"] == [
            {
                "id": loan["id"],
                "copy_barcode": copy.barcode,
                "title": loan["title"],
                "due_at": "2024-01-29T23:59:59Z",
                "new_due_at": "2024-02-01T23:59:59Z",
            }
        ]
        (moved,) = seen["hold_examples"]
        assert (moved["id"], moved["new_pickup_deadline_at"]) == (hold["id"], "2024-02-01T23:59:59Z")
        assert not ClosureRow.objects.exists()

    def test_is_refused_as_the_closure_would_be(self, manager: Desk) -> None:
        close(manager, "2024-01-28", "2024-01-30")
        assert codes(self.preview(manager, "2024-01-30", "2024-01-31")) == ["closure_overlaps"]
        assert codes(self.preview(manager, "2024-01-31", "2024-01-30")) == ["closure_invalid"]

    def test_costs_the_same_queries_however_much_moves(
        self, manager: Desk, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(4):
            manager.borrow(a_copy().barcode, a_patron().card_number, at=NOON)
        with django_assert_max_num_queries(7):
            assert self.preview(manager, "2024-01-20", "2024-01-31").json()["loans"] == 4

    def test_respects_the_end_of_a_membership(self, manager: Desk) -> None:
        card = a_patron(expires_on="2024-01-30").card_number
        manager.borrow(a_copy().barcode, card, at=NOON)
        (moved,) = self.preview(manager, "2024-01-29", "2024-02-05").json()["loan_examples"]
        assert moved["new_due_at"] == "2024-01-28T23:59:59Z"
        assert LoanRow.objects.get().due_version == 1
