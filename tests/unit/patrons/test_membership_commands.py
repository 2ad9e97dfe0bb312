"""What changes about a patron after they registered, and how they leave."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from patrons.domain.notice import NoticeState
from patrons.domain.patron import BlockNotFound, PatronNotFound, UnknownCategory
from patrons.services.commands.add_block import AddBlock, add_block
from patrons.services.commands.announce_membership_end import AnnounceMembershipEnd, announce_membership_end
from patrons.services.commands.change_category import ChangeCategory, change_category
from patrons.services.commands.erase_patron import ErasePatron, erase_patron
from patrons.services.commands.lift_block import LiftBlock, lift_block
from patrons.services.commands.queue_notice import QueueNotice, queue_notice
from patrons.services.commands.renew_membership import RenewMembership, renew_membership
from patrons.services.commands.update_contact import UpdateContact, update_contact
from patrons.services.patron_details import PatronDetails
from shared_kernel.domain.errors import PreconditionFailed, Refusal, Refused
from tests.unit.patrons.fakes import NOW, Eraser, FakeWork, FixedClock, OneBranch
from tests.unit.patrons.test_patron_commands import CLOCK, codes, register


class HasOpenLoans(Refusal):
    code = "has_open_loans"
    message = "The patron has {count} open loans."


@pytest.fixture
def work() -> FakeWork:
    return FakeWork()


@pytest.fixture
def ada(work: FakeWork) -> PatronDetails:
    return register(work, home_branch="MAIN", card_number="A-7")


class TestUpdatingTheContact:
    def update(self, work: FakeWork, patron: UUID, **changes: Any) -> PatronDetails:
        command = UpdateContact(patron=patron, **changes)
        return update_contact(command, work, clock=CLOCK, circulation=OneBranch())

    def test_changes_what_is_said_and_leaves_the_rest(self, work: FakeWork, ada: PatronDetails) -> None:
        view = self.update(work, ada.id, email=" Ada@Else.org", declined_notices=("due_soon",))
        assert (view.name, view.email, view.home_branch) == (ada.name, "ada@else.org", "MAIN")
        assert (view.declined_notices, view.version) == (("due_soon",), 2)
        assert work.patrons.locked == {ada.id}

    def test_can_leave_a_patron_without_a_branch(self, work: FakeWork, ada: PatronDetails) -> None:
        assert self.update(work, ada.id, home_branch=None).home_branch is None

    def test_changes_the_category_along_with_it(self, work: FakeWork, ada: PatronDetails) -> None:
        view = self.update(work, ada.id, name="Ada King", category="premium")
        assert (view.name, view.category, view.version) == ("Ada King", "premium", 3)

    def test_of_what_is_so_already_changes_nothing(self, work: FakeWork, ada: PatronDetails) -> None:
        view = self.update(work, ada.id, name=ada.name, email=ada.email, category=ada.category)
        assert view == ada

    def test_is_refused_with_all_that_cannot_be_read(self, work: FakeWork, ada: PatronDetails) -> None:
        with pytest.raises(Refused) as refused:
            self.update(work, ada.id, name=" ", email="nobody", declined_notices=("hold_ready",))
        assert codes(refused) == ["invalid_name", "invalid_email", "notice_not_optional"]

    def test_is_refused_with_all_that_cannot_be(self, work: FakeWork, ada: PatronDetails) -> None:
        register(work, iter([50]), email="bob@example.org")
        with pytest.raises(Refused) as refused:
            self.update(work, ada.id, email="BOB@example.org", category="pirate", home_branch="MOON")
        assert codes(refused) == ["unknown_category", "unknown_branch", "duplicate_email"]

    def test_is_refused_if_another_was_quicker(self, work: FakeWork, ada: PatronDetails) -> None:
        self.update(work, ada.id, name="Ada King", version=1)
        with pytest.raises(PreconditionFailed):
            self.update(work, ada.id, name="Ada Byron", version=1)

    def test_by_a_patron_reaches_themselves_alone(self, work: FakeWork, ada: PatronDetails) -> None:
        work.logins.link(7, patron=ada.id)
        assert self.update(work, ada.id, declined_notices=("due_soon",), viewer_login=7).version == 2
        with pytest.raises(PatronNotFound):
            self.update(work, ada.id, declined_notices=(), viewer_login=8)


class TestChangingTheCategory:
    def test_puts_the_patron_into_it(self, work: FakeWork, ada: PatronDetails) -> None:
        command = ChangeCategory(patron=ada.id, category="premium")
        assert change_category(command, work, clock=CLOCK).category == "premium"

    def test_needs_one_that_is_known(self, work: FakeWork, ada: PatronDetails) -> None:
        with pytest.raises(UnknownCategory):
            change_category(ChangeCategory(patron=ada.id, category="pirate"), work, clock=CLOCK)


class TestBlocks:
    def test_are_added_and_lifted_one_by_one(self, work: FakeWork, ada: PatronDetails) -> None:
        add_block(AddBlock(patron=ada.id, reason="unpaid", until=date(2026, 3, 10)), work, clock=CLOCK)
        both = add_block(AddBlock(patron=ada.id, reason="lost a book"), work, clock=CLOCK).blocks
        left = lift_block(LiftBlock(patron=ada.id, block=both[0].id), work, clock=CLOCK).blocks
        assert [(each.reason, each.until) for each in left] == [("lost a book", None)]

    def test_of_another_patron_are_not_found(self, work: FakeWork, ada: PatronDetails) -> None:
        with pytest.raises(BlockNotFound):
            lift_block(LiftBlock(patron=ada.id, block=uuid4()), work, clock=CLOCK)


class TestAMembership:
    def test_goes_on_as_the_day_says(self, work: FakeWork, ada: PatronDetails) -> None:
        view = renew_membership(
            RenewMembership(patron=ada.id, expires_on=date(2024, 1, 20)),
            work,
            clock=CLOCK,
            circulation=OneBranch(),
        )
        assert view.expires_on == date(2024, 1, 20)
        assert renew_membership(
            RenewMembership(patron=ada.id), work, clock=CLOCK, circulation=OneBranch()
        ).expires_on == date(2025, 1, 20)

    def test_is_announced_to_end_once(self, work: FakeWork, ada: PatronDetails) -> None:
        renew_membership(
            RenewMembership(patron=ada.id, expires_on=date(2024, 1, 20)),
            work,
            clock=CLOCK,
            circulation=OneBranch(),
        )
        announce = AnnounceMembershipEnd(patron=ada.id)
        assert [
            announce_membership_end(announce, work, clock=CLOCK, circulation=OneBranch()) for _ in range(2)
        ] == [True, False]


class TestErasing:
    def erase(self, work: FakeWork, patron: UUID, reason: str = "She asked for it.", **ports: Any) -> Eraser:
        eraser = Eraser()
        wanted = {"circulation": OneBranch(), "eraser": eraser, **ports}
        view = erase_patron(ErasePatron(patron=patron, comment=reason), work, clock=CLOCK, **wanted)
        assert (view.id, view.erased_at) == (patron, NOW)
        return eraser

    def test_leaves_nothing(self, work: FakeWork, ada: PatronDetails) -> None:
        work.logins.link(7, patron=ada.id)
        owed = QueueNotice(event_id=uuid4(), kind="loan_receipt", patron=ada.id, params={"barcode": "B-1"})
        queue_notice(owed, work, wall_clock=FixedClock())
        eraser = self.erase(work, ada.id)
        (notice,) = work.notices.all
        assert (notice.params, notice.state) == ({}, NoticeState.WITHDRAWN)
        assert eraser.erased == [(ada.id, [notice.id])]
        assert work.patrons.all == {}
        assert work.logins.of(ada.id) is None

    def test_happens_under_the_lock_that_borrowing_takes(self, work: FakeWork, ada: PatronDetails) -> None:
        self.erase(work, ada.id)
        assert work.patrons.locked == {ada.id}

    def test_is_refused_with_every_tie_and_for_want_of_a_reason(
        self, work: FakeWork, ada: PatronDetails
    ) -> None:
        with pytest.raises(Refused) as refused:
            self.erase(work, ada.id, " ", circulation=OneBranch(ties=[HasOpenLoans()]))
        assert codes(refused) == ["has_open_loans", "reason_required"]
        assert ada.id in work.patrons.all

    @pytest.mark.parametrize(
        "reason",
        ["letter of ADA  lovelace of May", "wrote from ada@example.org.", "card A-7", "(a-7)", "x" * 501],
    )
    def test_is_refused_for_a_reason_that_tells_who(
        self, work: FakeWork, ada: PatronDetails, reason: str
    ) -> None:
        with pytest.raises(Refused) as refused:
            self.erase(work, ada.id, reason)
        assert codes(refused) == ["reason_required" if reason.startswith("x") else "reason_tells_who"]

    @pytest.mark.parametrize("reason", ["moved away", "Canada lovelacework", "card A-70"])
    def test_is_not_refused_for_words_that_only_contain_it(
        self, work: FakeWork, ada: PatronDetails, reason: str
    ) -> None:
        self.erase(work, ada.id, reason)

    def test_of_nobody_is_not_found(self, work: FakeWork) -> None:
        with pytest.raises(PatronNotFound):
            self.erase(work, uuid4())
