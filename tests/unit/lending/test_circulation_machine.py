"""Any sequence of what happens at a desk keeps the promises of circulation."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lending.domain.loan import LoanState
from lending.services.commands.allocate_copies import AllocateCopies, allocate_copies
from lending.services.commands.borrow_book import BorrowBook, borrow_book
from lending.services.commands.cancel_hold import CancelHold, cancel_hold
from lending.services.commands.declare_lost import DeclareLost, declare_lost
from lending.services.commands.expire_hold import ExpireHold, expire_hold
from lending.services.commands.mark_hold_ready import MarkHoldReady, mark_hold_ready
from lending.services.commands.move_holds import MoveHolds, move_holds
from lending.services.commands.place_hold import PlaceHold, place_hold
from lending.services.commands.renew_loan import RenewLoan, renew_loan
from lending.services.commands.resume_hold import ResumeHold, resume_hold
from lending.services.commands.return_book import ReturnBook, return_book
from lending.services.commands.suspend_hold import SuspendHold, suspend_hold
from lending.services.commands.undo_return import UndoReturn, undo_return
from lending.services.queries.eligibility import Eligibility, eligibility
from shared_kernel.domain.aggregates import Aggregate
from shared_kernel.domain.errors import Refused
from tests.unit.lending.fakes import FakeLending

CARDS = [f"P{number}" for number in range(4)]
BARCODES = [f"C{number}" for number in range(2)]
LIMIT = 5

cards, barcodes, places = st.sampled_from(CARDS), st.sampled_from(BARCODES), st.integers(0, 3)


class Circulation(RuleBasedStateMachine):
    """Two copies of one book, four patrons."""

    @initialize()
    def open_the_library(self) -> None:
        self.world = FakeLending()
        self.book = uuid4()
        for card in CARDS:
            self.world.patrons.register(card)
        for barcode in BARCODES:
            copy = self.world.copies.add(barcode, book=self.book)
            self.world.copies.known[barcode] = replace(copy, price=Decimal(20))
        self.versions: dict[UUID, int] = {}

    def do(self, handler: Any, command: Any) -> list[str]:
        """Give the command; answer with the codes of its refusals."""
        try:
            handler(command, self.world, gateways=self.world.gateways, clock=self.world.clock)
        except Refused as refused:
            return [reason.code for reason in refused.refusals]
        return []

    @property
    def aggregates(self) -> list[Aggregate]:
        world = self.world
        return [*world.loans.all.values(), *world.holds.all.values(), *world.accounts.all.values()]

    @property
    def holds(self) -> list[UUID]:
        return [hold.id for queue in self.world.holds.all.values() for hold in queue.holds]

    @rule(card=cards, barcode=barcodes)
    def borrow(self, card: str, barcode: str) -> None:
        asked = eligibility(
            Eligibility(copy_barcode=barcode, patron_card=card),
            work=self.world,
            gateways=self.world.gateways,
            clock=self.world.clock,
        )
        refused = self.do(borrow_book, BorrowBook(copy_barcode=barcode, patron_card=card))
        assert [reason.code for reason in asked.refusals] == refused
        assert asked.eligible is not bool(refused)

    @rule(barcode=barcodes)
    def give_back(self, barcode: str) -> None:
        self.do(return_book, ReturnBook(copy_barcode=barcode))

    @rule(barcode=barcodes, days_back=st.integers(0, 30))
    def give_back_and_undo(self, barcode: str, days_back: int) -> None:
        loan = self.world.loans.open_of_copy(self.world.copies.known[barcode].id)
        if loan is None:
            return
        before = (loan.state, loan.due_at, loan.renewals, self.world.accounts.balance_of(loan.patron_id))
        returned_at = max(loan.borrowed_at, self.world.clock.at - timedelta(days=days_back))
        assert self.do(return_book, ReturnBook(copy_barcode=barcode, returned_at=returned_at)) == []
        assert self.do(undo_return, UndoReturn(loan=loan.id)) == []
        after = (loan.state, loan.due_at, loan.renewals, self.world.accounts.balance_of(loan.patron_id))
        assert after == before

    @rule(place=places)
    def declare_lost(self, place: int) -> None:
        if place < len(self.world.loans.open):
            self.do(declare_lost, DeclareLost(loan=self.world.loans.open[place].id))

    @rule(place=places)
    def claim_returned(self, place: int) -> None:
        is_open = place < len(self.world.loans.open)
        if is_open and self.world.loans.open[place].state is LoanState.OPEN:
            self.world.loans.open[place].claim_returned(at=self.world.clock.at)

    @rule(place=places)
    def renew(self, place: int) -> None:
        if place < len(self.world.loans.open):
            self.do(renew_loan, RenewLoan(loan=self.world.loans.open[place].id))

    @rule(card=cards, wanted=st.none() | barcodes)
    def hold(self, card: str, wanted: str | None) -> None:
        self.do(place_hold, PlaceHold(book=self.book, patron_card=card, copy=wanted))

    @rule(
        place=places,
        change=st.sampled_from(["cancel", "suspend", "resume", "ready", "move", "expire"]),
    )
    def change(self, place: int, change: str) -> None:
        if place >= len(self.holds):
            return
        hold = self.holds[place]
        handler, command = {
            "cancel": (cancel_hold, CancelHold(hold=hold)),
            "suspend": (suspend_hold, SuspendHold(hold=hold)),
            "resume": (resume_hold, ResumeHold(hold=hold)),
            "ready": (mark_hold_ready, MarkHoldReady(hold=hold)),
            "move": (move_holds, self.reversed_queue()),
            "expire": (expire_hold, ExpireHold(hold=hold)),
        }[change]
        self.do(handler, command)

    def reversed_queue(self) -> MoveHolds:
        queue = self.world.holds.all[self.book]
        begun = [hold.id for hold in queue.holds if hold.has_copy]
        waiting = [hold.id for hold in queue.holds if not hold.has_copy]
        return MoveHolds(book=self.book, order=(*begun, *reversed(waiting)))

    @rule(card=cards, suspended=st.booleans())
    def suspend_patron(self, card: str, suspended: bool) -> None:
        if suspended:
            self.world.patrons.suspend(card)
        else:
            self.world.patrons.reinstate(card)
            self.do(allocate_copies, AllocateCopies(book=self.book))

    @rule(days=st.integers(1, 20))
    def let_time_pass(self, days: int) -> None:
        self.world.clock.at += timedelta(days=days)

    @invariant()
    def no_copy_is_lent_twice(self) -> None:
        lent = [loan.copy.id for loan in self.world.loans.open]
        assert len(lent) == len(set(lent))

    @invariant()
    def no_copy_is_free_while_somebody_waits_for_it(self) -> None:
        for queue in self.world.holds.all.values():
            served = {hold.copy_id for hold in queue.holds if hold.copy_id}
            for copy in self.world.copies.of_book(queue.book_id):
                if copy.id not in {*self.world.loans.lent_of_book(queue.book_id), *served}:
                    first = queue.first_for(copy.id, passing_over=self.holds_of_suspended_patrons)
                    assert first is None

    @rule(barcode=barcodes)
    def give_back_to_whom_may_have_it(self, barcode: str) -> None:
        copy = self.world.copies.known[barcode]
        before = {hold.id for hold in self.world.holds.of_book(self.book, title="").holds if hold.has_copy}
        self.do(return_book, ReturnBook(copy_barcode=barcode))
        served = self.world.holds.all[self.book].serving(copy.id)
        assert served is None or served.id in before or served.id not in self.holds_of_suspended_patrons

    @property
    def holds_of_suspended_patrons(self) -> list[UUID]:
        suspended = {patron.id for patron in self.world.patrons.known.values() if patron.blocks}
        return [
            hold.id
            for queue in self.world.holds.all.values()
            for hold in queue.holds
            if hold.patron_id in suspended
        ]

    @invariant()
    def a_copy_serves_one_hold_and_none_while_lent(self) -> None:
        for queue in self.world.holds.all.values():
            served = [hold.copy_id for hold in queue.holds if hold.copy_id]
            assert len(served) == len(set(served))
            assert not set(served) & set(self.world.loans.lent_of_book(queue.book_id))

    @invariant()
    def nobody_waits_twice_or_for_what_they_have(self) -> None:
        for queue in self.world.holds.all.values():
            waiting = [hold.patron_id for hold in queue.holds]
            assert len(waiting) == len(set(waiting))

    @invariant()
    def loans_are_within_the_limit(self) -> None:
        for patron in self.world.patrons.known.values():
            loans = self.world.loans.open_of_patron(patron.id)
            assert sum(loan.state is not LoanState.LOST for loan in loans) <= LIMIT

    @invariant()
    def nothing_is_charged_that_a_loan_that_is_out_could_not_cost(self) -> None:
        for account in self.world.accounts.all.values():
            charged: dict[tuple[UUID | None, str], Decimal] = {}
            for entry in account.entries:
                origin = next((it for it in account.entries if it.id == entry.charge_id), entry)
                key = (origin.loan_id, f"{origin.kind} {origin.due_at}")
                charged[key] = charged.get(key, Decimal(0)) + entry.signed
            # A price, a fee, and a fine that is capped at the price.
            assert all(0 <= amount <= 20 for amount in charged.values())

    @invariant()
    def each_change_has_its_event(self) -> None:
        for aggregate in self.aggregates:
            recorded = [version for _, version in aggregate.pull_events()]
            start = self.versions.get(aggregate.id, 0)
            assert recorded == list(range(start + 1, aggregate.version + 1))
            self.versions[aggregate.id] = aggregate.version


TestCirculation = Circulation.TestCase
TestCirculation.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
