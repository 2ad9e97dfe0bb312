from datetime import timedelta

import pytest

from patrons.domain.notice import NoticeState
from patrons.services.commands.send_password_link import (
    AnswerPasswordLinkRequest,
    RequestPasswordLink,
    answer_password_link_request,
    request_password_link,
)
from patrons.services.commands.set_password import LinkInvalid, SetPassword, set_password
from tests.unit.patrons.fakes import NOW, FakeWork, FixedClock
from tests.unit.patrons.test_patron_commands import register


def ask(work: FakeWork, to: str, *, seconds: int = 0) -> None:
    clock = FixedClock(NOW + timedelta(seconds=seconds))
    request_password_link(RequestPasswordLink(to=to), work, wall_clock=clock)
    answer_password_link_request(AnswerPasswordLinkRequest(), work, wall_clock=clock)


class TestAskingForALink:
    @pytest.mark.parametrize("to", ["ADA@example.org", "A-7"])
    def test_owes_a_letter_to_who_has_the_address_or_the_card(self, to: str) -> None:
        work = FakeWork()
        ada = register(work, card_number="A-7")
        ask(work, to)
        (notice,) = work.notices.all
        assert (notice.kind, notice.patron, notice.params) == ("password_link", ada.id, {})
        assert not work.link_requests.waiting

    def test_does_nothing_that_depends_on_whose_it_is_before_it_is_answered(self) -> None:
        work = FakeWork()
        register(work, card_number="A-7")
        for to in ("A-7", "B-8", "ada@example.org", "eve@example.org"):
            request_password_link(RequestPasswordLink(to=to), work, wall_clock=FixedClock())
        assert len(work.link_requests.waiting) == 4
        assert (work.notices.all, work.logins.names, work.patrons.locked) == ([], [], set())

    def test_makes_a_login_for_who_has_none(self) -> None:
        work = FakeWork()
        ada = register(work, card_number="A-7")
        ask(work, "A-7")
        ask(work, "A-7")
        assert work.logins.names == ["A-7"]
        assert work.logins.of(ada.id)
        assert work.patrons.locked == {ada.id}

    def test_again_while_the_letter_waits_sends_no_second_one(self) -> None:
        work = FakeWork()
        register(work, card_number="A-7")
        for seconds in (0, 1, 2):
            ask(work, "A-7", seconds=seconds)
        assert len(work.notices.all) == 1

    def test_sends_three_letters_in_an_hour_at_most(self) -> None:
        work = FakeWork()
        register(work, card_number="A-7")
        for seconds in (0, 60, 120, 180, 3599):
            ask(work, "A-7", seconds=seconds)
            work.notices.all[-1].state = NoticeState.ACCEPTED
        assert len(work.notices.all) == 3
        ask(work, "A-7", seconds=3600)
        assert len(work.notices.all) == 4

    @pytest.mark.parametrize(
        "to", ["", "eve@example.org", "not an address@", "B-7", "%", "\x00", "x" * 10_000]
    )
    def test_by_a_stranger_does_nothing_and_tells_nothing(self, to: str) -> None:
        work = FakeWork()
        register(work, card_number="A-7")
        ask(work, to)
        assert work.notices.all == []


class TestSettingAPassword:
    def test_needs_a_good_link(self) -> None:
        work = FakeWork()
        set_password(SetPassword(login="MQ", token="good", password="correct horse"), work)
        assert work.logins.passwords == {"MQ": "correct horse"}
        with pytest.raises(LinkInvalid):
            set_password(SetPassword(login="MQ", token="bad", password="correct horse"), work)
