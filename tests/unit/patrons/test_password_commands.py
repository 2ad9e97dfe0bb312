from datetime import timedelta

import pytest

from patrons.services.commands.send_password_link import SendPasswordLink, send_password_link
from patrons.services.commands.set_password import LinkInvalid, SetPassword, set_password
from tests.unit.patrons.fakes import NOW, FakeWork, FixedClock
from tests.unit.patrons.test_patron_commands import register

HOME = "https://library.example.org/"


def ask(work: FakeWork, to: str, *, seconds: int = 0) -> None:
    clock = FixedClock(NOW + timedelta(seconds=seconds))
    send_password_link(SendPasswordLink(to=to, home=HOME), work, wall_clock=clock)


class TestAskingForALink:
    @pytest.mark.parametrize("to", ["ADA@example.org", "A-7"])
    def test_owes_a_letter_to_who_has_the_address_or_the_card(self, to: str) -> None:
        work = FakeWork()
        ada = register(work, card_number="A-7")
        ask(work, to)
        (notice,) = work.notices.all
        assert (notice.kind, notice.patron) == ("password_link", ada.id)
        assert notice.params == {"home": "https://library.example.org"}

    def test_makes_a_login_for_who_has_none(self) -> None:
        work = FakeWork()
        ada = register(work, card_number="A-7")
        ask(work, "A-7")
        ask(work, "A-7")
        assert work.logins.names == ["A-7"]
        assert work.logins.of(ada.id)
        assert work.patrons.locked == {ada.id}

    def test_sends_one_letter_in_ten_minutes(self) -> None:
        work = FakeWork()
        register(work, card_number="A-7")
        for seconds in (0, 1, 599, 600):
            ask(work, "A-7", seconds=seconds)
        assert len(work.notices.all) == 2

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
