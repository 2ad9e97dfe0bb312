"""Lending's ports in memory: the handlers run as they are, without a database."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from lending.domain.branch_calendar import BranchCalendar
from lending.domain.circulation_rule import CirculationRule, Dimensions
from lending.domain.hold_queue import HoldNotActive, HoldNotFound, HoldQueue
from lending.domain.in_house_use import InHouseUse
from lending.domain.loan import OUTSTANDING, Loan, LoanNotFound, LoanState
from lending.domain.patron_account import PatronAccount
from lending.domain.standing import Block, BorrowerStanding, CirculatingCopy
from lending.services.gateways import Gateways
from lending.services.ports import (
    BranchNotFound,
    PatronNotFound,
    UnknownBook,
    UnknownBranch,
    UnknownCopy,
    UnknownPatron,
)
from shared_kernel.domain.events import Recorded
from shared_kernel.domain.money import Money
from shared_kernel.services.bus import Repository

FALLBACK = CirculationRule.of(
    loan_days=14,
    max_loans=5,
    max_of_type="none",
    renewals=3,
    renew_window_days="none",
    renew_from="due",
    renew_overdue=True,
    hold_limit=5,
    pickup_days=7,
    fine_per_day="0.25",
    grace_days=0,
    fine_cap="none",
    cap_at_price=True,
    lost_after_days=30,
    processing_fee="10.00",
    block_balance="25.00",
    block_overdue=3,
)


class FakeClock:
    def __init__(self) -> None:
        self.at = datetime(2024, 1, 15, 10, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class FakeStorage:
    def flush(self) -> None:
        """Nothing to write."""

    def recorded(self) -> Sequence[Recorded]:
        return []


@dataclass
class FakePatrons:
    known: dict[str, BorrowerStanding] = field(default_factory=dict)

    def register(
        self, card: str, *, category: str = "regular", expires_on: date | None = None
    ) -> BorrowerStanding:
        self.known[card] = BorrowerStanding(
            id=uuid4(), card=card, category=category, home_branch=None, expires_on=expires_on, blocks=()
        )
        return self.known[card]

    def suspend(self, card: str) -> None:
        self.known[card] = replace(self.known[card], blocks=(Block(reason="unpaid", until=None),))

    def reinstate(self, card: str) -> None:
        self.known[card] = replace(self.known[card], blocks=())

    def standing(self, *, card: str, lock: bool = False) -> BorrowerStanding:
        if card not in self.known:
            raise UnknownPatron(patron=card)
        return self.known[card]

    def standing_of(self, patron_id: UUID, *, lock: bool = False) -> BorrowerStanding:
        for patron in self.known.values():
            if patron.id == patron_id:
                return patron
        raise PatronNotFound

    def standings_of(self, ids: Collection[UUID]) -> Mapping[UUID, BorrowerStanding]:
        return {patron.id: patron for patron in self.known.values() if patron.id in ids}

    def card_of(self, card_or_email: str) -> str:
        return self.standing(card=card_or_email).card

    def id_of_login(self, login_id: int) -> UUID | None:
        return None

    def names_of(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        return {}

    def categories(self) -> Mapping[str, str]:
        return {"regular": "Regular", "premium": "Premium", "researcher": "Researcher"}

    def in_category(self, category: str) -> Iterable[UUID]:
        return [patron.id for patron in self.known.values() if patron.category == category]

    def birth_dates(self, category: str) -> Iterable[tuple[date | None, int]]:
        known = [patron.birth_date for patron in self.known.values() if patron.category == category]
        return Counter(known).items()

    def membership_ends(self, ids: Collection[UUID]) -> Mapping[UUID, date]:
        ends = {patron.id: patron.expires_on for patron in self.known.values()}
        return {patron: end for patron, end in ends.items() if patron in ids and end is not None}


@dataclass
class FakeCopies:
    known: dict[str, CirculatingCopy] = field(default_factory=dict)

    def add(self, barcode: str, *, book: UUID, item_type: str = "book") -> CirculatingCopy:
        self.known[barcode] = CirculatingCopy(
            id=uuid4(),
            barcode=barcode,
            book_id=book,
            book_title="Middlemarch",
            item_type=item_type,
            branch="MAIN",
            lendable=True,
            in_reach=True,
            price=None,
            condition="in service",
        )
        return self.known[barcode]

    def by_barcode(self, barcode: str, *, lock: bool = False) -> CirculatingCopy:
        if barcode not in self.known:
            raise UnknownCopy(barcode=barcode)
        return self.known[barcode]

    def of_book(self, book_id: UUID) -> Sequence[CirculatingCopy]:
        return [copy for copy in self.known.values() if copy.book_id == book_id]

    def prices_of(self, copy_ids: Collection[UUID]) -> Mapping[UUID, Decimal]:
        return {it.id: it.price for it in self.known.values() if it.id in copy_ids and it.price is not None}

    def title_of(self, book_id: UUID) -> str:
        if not self.of_book(book_id):
            raise UnknownBook(book=str(book_id))
        return "Middlemarch"

    def books_having(self, *, branch: str | None, item_type: str | None) -> Iterable[UUID]:
        return {
            copy.book_id
            for copy in self.known.values()
            if branch in {None, copy.branch} and item_type in {None, copy.item_type}
        }


class FakeLoans(FakeStorage):
    def __init__(self) -> None:
        self.all: dict[UUID, Loan] = {}

    def add(self, loan: Loan) -> None:
        self.all[loan.id] = loan

    def get(self, id: UUID, *, lock: bool = False) -> Loan:
        if id not in self.all:
            raise LoanNotFound(id=str(id))
        return self.all[id]

    @property
    def open(self) -> list[Loan]:
        return [loan for loan in self.all.values() if loan.state in OUTSTANDING]

    def open_of_copy(self, copy_id: UUID) -> Loan | None:
        return next((loan for loan in self.open if loan.copy.id == copy_id), None)

    def open_of_patron(self, patron_id: UUID) -> Sequence[Loan]:
        return [loan for loan in self.open if loan.patron_id == patron_id]

    def open_of(self, *, patron: UUID, copy: UUID) -> Sequence[Loan]:
        return [loan for loan in self.open if patron == loan.patron_id or copy == loan.copy.id]

    def lent_of_book(self, book_id: UUID) -> Mapping[UUID, LoanState]:
        return {loan.copy.id: loan.state for loan in self.open if loan.copy.book_id == book_id}

    def last_scan_of(self, copy_id: UUID) -> datetime | None:
        scans = [it.return_scanned_at for it in self.all.values() if it.copy.id == copy_id]
        return max((scan for scan in scans if scan), default=None)


class FakeHoldQueues(FakeStorage):
    def __init__(self) -> None:
        self.all: dict[UUID, HoldQueue] = {}

    def of_book(self, book_id: UUID, *, title: str) -> HoldQueue:
        return self.all.setdefault(book_id, HoldQueue(book_id=book_id, book_title=title))

    peek = of_book

    def of_hold(self, hold_id: UUID, *, patron: UUID | None = None) -> HoldQueue:
        for queue in self.all.values():
            if any(hold.id == hold_id for hold in queue.holds):
                return queue
            if any(hold.id == hold_id for hold in queue.ended):
                raise HoldNotActive(state="over")
        raise HoldNotFound(id=str(hold_id))

    def clear_copy(self, copy_id: UUID, *, at: datetime) -> bool:
        return False

    def count_of_patron(self, patron_id: UUID) -> int:
        return sum(hold.patron_id == patron_id for queue in self.all.values() for hold in queue.holds)


class FakeAccounts(FakeStorage):
    def __init__(self) -> None:
        self.all: dict[UUID, PatronAccount] = {}

    def of_patron(self, patron_id: UUID) -> PatronAccount:
        return self.all.setdefault(patron_id, PatronAccount(patron_id=patron_id, currency="EUR"))

    peek = of_patron

    def balance_of(self, patron_id: UUID) -> Money:
        return self.of_patron(patron_id).balance


class FakeUses(FakeStorage):
    def __init__(self) -> None:
        self.all: list[InHouseUse] = []

    def add(self, use: InHouseUse) -> None:
        self.all.append(use)


class FakeRules(FakeStorage):
    def __init__(self, *rules: CirculationRule) -> None:
        self.all = {rule.id: rule for rule in rules}

    def matching(
        self, *, branch: str | None, category: str | None, item_type: str | None
    ) -> Iterable[CirculationRule]:
        return self.matrix()

    def matrix(self) -> Sequence[CirculationRule]:
        return list(self.all.values())

    def of(self, dimensions: Dimensions) -> CirculationRule:
        return self.all.setdefault(dimensions.rule_id, CirculationRule(dimensions=dimensions))


class FakeCalendars(FakeStorage):
    def __init__(self) -> None:
        self.all = {"MAIN": BranchCalendar(code="MAIN", name="Main library", time_zone=ZoneInfo("UTC"))}

    def of(self, branch: str) -> BranchCalendar:
        if branch not in self.all:
            raise UnknownBranch(branch=branch)
        return self.all[branch]

    def knows(self, branch: str) -> bool:
        return branch in self.all

    def get_by_code(self, branch: str) -> BranchCalendar:
        if branch not in self.all:
            raise BranchNotFound
        return self.all[branch]

    def add(self, branch: BranchCalendar) -> None:
        self.all[branch.code] = branch


class FakeLending:
    """Lending's unit of work and its neighbours, all in memory."""

    def __init__(self, *rules: CirculationRule) -> None:
        self.loans = FakeLoans()
        self.accounts = FakeAccounts()
        self.holds = FakeHoldQueues()
        self.in_house_uses = FakeUses()
        self.rules = FakeRules(*(rules or (FALLBACK, CirculationRule.of(category="regular"))))
        self.calendars = FakeCalendars()
        self.patrons = FakePatrons()
        self.copies = FakeCopies()
        self.clock = FakeClock()
        self.gateways = Gateways(patrons=self.patrons, copies=self.copies)

    @property
    def repositories(self) -> Sequence[Repository]:
        return (self.loans, self.accounts, self.holds, self.in_house_uses, self.rules, self.calendars)
