"""What must hold after anything that happens at a desk, over HTTP and on the real database."""

import random
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from lending.models import HoldRow, LoanRow
from lending.services.commands.allocate_copies import AllocateCopies
from library_project.invariants import all_invariants
from outbox.models import OutboxMessage
from patrons.models import PatronRow
from patrons.services.commands.reinstate_patron import ReinstatePatron
from patrons.services.commands.suspend_patron import SuspendPatron
from shared_kernel.domain.errors import Refused
from shared_kernel.services.codec import from_json
from shared_kernel.services.commands import dispatch
from shared_kernel.services.invariants import check_invariant
from tests.factories import a_book, a_copy
from tests.factories_patrons import a_patron
from tests.integration.lending.desk import Desk

LIMIT = 5
ACTIVE = ["waiting", "allocated", "ready"]
places = st.integers(0, 3)


def machine(desk: Desk) -> type[RuleBasedStateMachine]:  # noqa: C901  a class that knows its desk
    class Circulation(RuleBasedStateMachine):
        """Two copies of one book, four patrons, new ones for each run."""

        @initialize()
        def open_the_library(self) -> None:
            self.book = a_book().id
            self.barcodes = [a_copy(book=self.book).barcode for _ in range(2)]
            patrons = [a_patron() for _ in range(4)]
            self.cards = [patron.card_number for patron in patrons]
            self.patrons = [patron.id for patron in patrons]
            self.now = datetime(2024, 1, 15, 10, tzinfo=UTC)

        def send(self, path: str, **body: Any) -> None:
            answer = desk.post(path, at=self.now.isoformat(), **body)
            assert answer.status_code < 500, answer.content

        @rule(patron=places, copy=st.integers(0, 1))
        def borrow(self, patron: int, copy: int) -> None:
            self.send("/loans", copy_barcode=self.barcodes[copy], patron_card=self.cards[patron])

        @rule(copy=st.integers(0, 1))
        def give_back(self, copy: int) -> None:
            self.send("/returns", copy_barcode=self.barcodes[copy])

        @rule(patron=places)
        def hold(self, patron: int) -> None:
            self.send("/holds", book=str(self.book), patron_card=self.cards[patron])

        @rule(place=places, change=st.sampled_from(["cancel", "suspend", "resume", "ready"]))
        def change(self, place: int, change: str) -> None:
            holds = HoldRow.objects.filter(book_id=self.book, state__in=ACTIVE).order_by("rank")
            for hold in holds[place : place + 1]:
                self.send(f"/holds/{hold.id}/{change}")

        @rule(place=st.integers(0, 1))
        def renew(self, place: int) -> None:
            for loan in LoanRow.objects.filter(book_id=self.book, state="open")[place : place + 1]:
                self.send(f"/loans/{loan.id}/renew")

        @rule(patron=places, suspended=st.booleans())
        def suspend_patron(self, patron: int, suspended: bool) -> None:
            of = self.patrons[patron]
            with suppress(Refused):  # already so
                dispatch(
                    SuspendPatron(patron=of, reason="Unpaid.") if suspended else ReinstatePatron(patron=of)
                )
            dispatch(AllocateCopies(book=self.book))  # as lending does on the event

        @rule(days=st.integers(1, 10))
        def let_time_pass(self, days: int) -> None:
            self.now += timedelta(days=days)

        @invariant()
        def copies_and_holds_agree(self) -> None:
            loans = list(LoanRow.objects.filter(book_id=self.book, state="open"))
            holds = list(HoldRow.objects.filter(book_id=self.book, state__in=ACTIVE))
            lent = [loan.barcode for loan in loans]
            served = [hold.barcode for hold in holds if hold.barcode]
            assert len(lent) == len(set(lent))
            assert len(served) == len(set(served))
            assert not set(lent) & set(served)
            patrons = [hold.patron_id for hold in holds]
            assert len(patrons) == len(set(patrons))
            free = set(self.barcodes) - set(lent) - set(served)
            passed_over = PatronRow.objects.exclude(blocks=[]).values_list("id", flat=True)
            waiting = [it for it in holds if it.state == "waiting" and not it.suspended]
            assert not free or not [it for it in waiting if it.patron_id not in passed_over]

        @invariant()
        def each_change_has_its_event(self) -> None:
            versions = defaultdict(list)
            loans = dict(LoanRow.objects.filter(book_id=self.book).values_list("id", "version"))
            for message in OutboxMessage.objects.filter(aggregate_id__in=loans).order_by("id"):
                versions[message.aggregate_id].append(message.aggregate_version)
            assert {loan: list(range(1, last + 1)) for loan, last in loans.items()} == dict(versions)

    return Circulation


@pytest.mark.django_db
class TestCirculation:
    def test_keeps_its_promises_whatever_happens(self, desk: Desk) -> None:
        run_state_machine_as_test(
            machine(desk),
            settings=settings(
                max_examples=12,
                stateful_step_count=25,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
        lendings = [each for each in all_invariants() if each.name.startswith("lending.")]
        assert [each for each in map(check_invariant, lendings) if not each.holds] == []


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
class TestSixteenDesksAtOnce:
    """Three copies, four patrons: one desk could have done what happened, in the order of the events."""

    def test_do_what_one_desk_could_have_done(self, token: Any) -> None:
        headers = token("circulation:read", "circulation:write")
        barcodes = [a_copy().barcode for _ in range(3)]
        cards = [a_patron().card_number for _ in range(4)]

        def work(seed: int) -> list[int]:
            chance = random.Random(seed)
            client = Client(raise_request_exception=False)

            def post(path: str, **body: str) -> int:
                answer = client.post(path, body, content_type="application/json", headers=headers)
                return int(answer.status_code)

            def once() -> int:
                barcode = chance.choice(barcodes)
                if chance.random() < 0.4:
                    return post("/api/v1/returns", copy_barcode=barcode)
                return post("/api/v1/loans", copy_barcode=barcode, patron_card=chance.choice(cards))

            with closing(connection):
                return [once() for _ in range(12)]

        with ThreadPoolExecutor(16) as desks:
            statuses = [status for done in desks.map(work, range(16)) for status in done]
        assert set(statuses) <= {200, 201, 409}
        lent = self.replayed()
        assert lent == dict(LoanRow.objects.filter(state="open").values_list("copy_id", "patron_id"))
        assert statuses.count(201) == LoanRow.objects.count()

    def replayed(self) -> dict[UUID, UUID]:
        """Tell the events to a library of one desk; it must be able to do each of them."""
        lent: dict[UUID, UUID] = {}
        types = ["lending.book_borrowed.v1", "lending.book_returned.v1"]
        for message in OutboxMessage.objects.filter(type__in=types).order_by("id"):
            told = from_json(message.payload, dict)["data"]
            copy, patron = UUID(told["copy_id"]), UUID(told["patron_id"])
            if message.type == "lending.book_borrowed.v1":
                assert copy not in lent
                assert sum(holder == patron for holder in lent.values()) < LIMIT
                lent[copy] = patron
            else:
                assert lent.pop(copy) == patron
        return lent
