"""Places a hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from lending.domain.branch_calendar import MAIN
from lending.domain.circulation_rule import effective_terms
from lending.domain.hold import Hold
from lending.domain.loan import LoanState
from lending.domain.loan_terms import LoanTerms
from lending.domain.policies.placing_hold import HOLD_POLICIES, HoldFacts, refusals
from lending.domain.standing import BorrowerStanding, CirculatingCopy
from lending.services.borrowing_context import open_loans
from lending.services.gateways import Gateways
from lending.services.hold_details import HoldDetails
from lending.services.hold_shelf import allocate_free_copies
from lending.services.ports import LendingWork, UnknownBook, UnknownBranch, UnknownCopy, UnknownPatron
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import Refused, refusals_of
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceHold(Command[HoldDetails]):
    """Place a hold on a book, or with `copy` (a barcode) on that copy of it.

    `pickup_branch` absent: wherever the copy that comes is at home.
    """

    refusals = (UnknownPatron, UnknownBook, UnknownBranch, UnknownCopy, *refusals_of(*HOLD_POLICIES))

    book: UUID
    patron_card: str
    pickup_branch: str | None = None
    copy: str | None = None
    viewer_login: int | None = None  # bounds it to that login's own card; None may place for anybody


def place_hold(command: PlaceHold, work: LendingWork, *, gateways: Gateways, clock: Clock) -> HoldDetails:
    """Place it, and allocate a copy at once if one is free. Raises Refused with every reason why not."""
    patron = gateways.patrons.standing(card=command.patron_card, lock=True)
    if command.viewer_login and gateways.patrons.id_of_login(command.viewer_login) != patron.id:
        raise UnknownPatron(patron=command.patron_card)
    bind_audit_subjects(patron=patron.id, book=command.book)
    queue = work.holds.of_book(command.book, title=gateways.copies.title_of(command.book))
    if command.pickup_branch is not None:
        work.calendars.of(command.pickup_branch)
    copies = _wanted(command, gateways.copies.of_book(command.book))
    lent = work.loans.lent_of_book(command.book)
    now = clock.now()
    facts = HoldFacts(
        today=work.calendars.of(_branch(command, copies)).day_of(now),
        patron=patron,
        book_id=command.book,
        lendable_copies=sum(copy.lendable and lent.get(copy.id) is not LoanState.LOST for copy in copies),
        terms=_terms(work, patron, command, copies),
        holds=work.holds.count_of_patron(patron.id),
        already_held=queue.of_patron(patron.id) is not None,
        loans=open_loans(work.loans.open_of_patron(patron.id), now=now),
    )
    if reasons := refusals(facts):
        raise Refused(*reasons)
    hold = Hold(
        id=uuid4(),
        patron_id=patron.id,
        placed_at=now,
        pickup_branch=command.pickup_branch,
        wanted_copy=copies[0].id if command.copy else None,
    )
    bind_audit_subjects(hold=hold.id)
    queue.place(hold, at=now)
    allocate_free_copies(queue, work, gateways=gateways, at=now)
    bind_audit_subjects(copy=hold.copy_id)
    return HoldDetails.in_queue(queue, hold)


def _wanted(command: PlaceHold, copies: Sequence[CirculatingCopy]) -> Sequence[CirculatingCopy]:
    if command.copy is None:
        return copies
    wanted = [copy for copy in copies if copy.barcode == command.copy]
    if not wanted:
        raise UnknownCopy(barcode=command.copy)
    return wanted


def _branch(command: PlaceHold, copies: Sequence[CirculatingCopy]) -> str:
    return command.pickup_branch or (copies[0].branch if copies else MAIN)


def _terms(
    work: LendingWork, patron: BorrowerStanding, command: PlaceHold, copies: Sequence[CirculatingCopy]
) -> LoanTerms | None:
    lendable = next((copy for copy in copies if copy.lendable), None)
    branch, item_type = (lendable.branch, lendable.item_type) if lendable else (_branch(command, copies), "")
    rules = work.rules.matching(branch=branch, category=patron.category, item_type=item_type)
    return effective_terms(rules, branch=branch, category=patron.category, item_type=item_type)
