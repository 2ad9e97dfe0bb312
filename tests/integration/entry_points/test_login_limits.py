"""Guessing is limited by address, by name and in all, and locks nobody out of a browser of theirs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import Settings

from shared_kernel.models import AuditEntry, GuessCount
from shared_kernel.web import login_limits

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)
RIGHT, WRONG, NEW = "correct horse battery", "correct horse", "a battery of horses"


@pytest.fixture(autouse=True)
def ada(db: None, settings: Settings) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick to try in vain
    user = User.objects.create_user("ada", password=RIGHT, is_staff=True)
    user.groups.add(Group.objects.get_or_create(name="librarian")[0])
    return user


def log_in(name: str, password: str, *, address: str = "192.0.2.1", client: Client | None = None) -> int:
    visitor = client or Client()
    form = {"username": name, "password": password}
    return int(visitor.post("/login", form, REMOTE_ADDR=address).status_code)


class TestGuessing:
    def test_many_names_from_one_address_is_stopped(self) -> None:
        answers = [log_in(f"card-{number}", WRONG) for number in range(40)]
        assert answers == [200] * 29 + [429] * 11
        assert log_in("ada", RIGHT) == 429
        assert log_in("ada", RIGHT, address="192.0.2.2") == 302

    def test_one_name_from_many_addresses_is_stopped(self) -> None:
        answers = [log_in("ada", WRONG, address=f"192.0.2.{number}") for number in range(25)]
        assert answers == [200] * 19 + [429] * 6
        assert log_in("ada", RIGHT, address="192.0.2.99") == 429
        assert log_in("grace", WRONG, address="192.0.2.99") == 200

    def test_many_names_from_many_addresses_is_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(login_limits, "MOST_IN_ALL", 6)
        answers = [log_in(f"card-{number}", WRONG, address=f"192.0.2.{number}") for number in range(8)]
        assert answers == [200] * 5 + [429] * 3

    def test_ends_after_fifteen_minutes_and_leaves_no_trace(self) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            for number in range(35):
                log_in(f"card-{number}", WRONG)
            clock.move_to(NOW + timedelta(minutes=15, seconds=1))
            assert log_in("ada", RIGHT) == 302
            log_in("ada", WRONG)
            assert GuessCount.objects.count() == 3

    def test_by_strangers_locks_nobody_out_of_a_browser_of_theirs(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        browser = Client()
        assert log_in("ada", RIGHT, client=browser) == 302
        browser.post("/logout")
        monkeypatch.setattr(login_limits, "MOST_IN_ALL", 6)
        for number in range(45):
            log_in("ada" if number % 2 else f"card-{number}", WRONG, address=f"192.0.2.{100 + number}")
        assert log_in("ada", RIGHT, address="192.0.2.7") == 429
        assert log_in("ada", RIGHT, address="192.0.2.7", client=browser) == 302

    def test_in_a_known_browser_is_limited_by_itself(self) -> None:
        browser = Client()
        log_in("ada", RIGHT, client=browser)
        browser.post("/logout")
        answers = [log_in("ada", WRONG, address=f"192.0.2.{number}", client=browser) for number in range(12)]
        assert answers == [200] * 9 + [429] * 3
        assert log_in("ada", RIGHT, address="192.0.2.200") == 302

    def test_another_name_in_a_known_browser_counts_as_a_strangers(self) -> None:
        browser = Client()
        log_in("ada", RIGHT, client=browser)
        browser.post("/logout")
        answers = [log_in(f"card-{number}", WRONG, client=browser) for number in range(31)]
        assert answers[-2:] == [429, 429]

    @pytest.mark.parametrize("cookie", ["", "x", "a:b:c", "\u00e4"])
    def test_with_a_made_up_cookie_counts_as_a_strangers(self, cookie: str) -> None:
        browser = Client()
        browser.cookies["known_browser"] = cookie
        assert [log_in(f"c{number}", WRONG, client=browser) for number in range(31)][-1] == 429

    def test_is_counted_by_digests_alone(self) -> None:
        log_in("ada", WRONG)
        assert "ada" not in str(GuessCount.objects.values())
        assert "192.0.2" not in str(GuessCount.objects.values())


class TestChangingOnesPassword:
    def change(self, client: Client, old: str, new: str = NEW) -> Any:
        form = {"old_password": old, "new_password1": new, "new_password2": new}
        return client.post("/admin/password_change/", form, REMOTE_ADDR="192.0.2.1")

    @pytest.fixture
    def browser(self) -> Client:
        client = Client()
        assert log_in("ada", RIGHT, client=client) == 302
        return client

    def test_stops_who_guesses_the_present_one(self, browser: Client) -> None:
        answers = [self.change(browser, WRONG).status_code for _ in range(6)]
        assert answers == [200, 200, 200, 200, 429, 429]
        assert self.change(browser, RIGHT).status_code == 429
        assert User.objects.get().check_password(RIGHT)

    def test_is_on_record(self, browser: Client, ada: User) -> None:
        assert browser.get("/admin/password_change/").status_code == 200
        assert self.change(browser, RIGHT).status_code == 302
        assert User.objects.get().check_password(NEW)
        entry = AuditEntry.objects.get(action="ChangePassword")
        assert (entry.principal, entry.door, entry.outcome) == (f"user:{ada.pk}", "admin", "done")
        assert entry.subjects == {"login": str(ada.pk)}
        assert NEW not in str(AuditEntry.objects.values())

    @pytest.mark.parametrize("new", ["ada-ada@example.org", "short", "password12"])
    def test_takes_no_weak_one(self, browser: Client, ada: User, new: str) -> None:
        User.objects.filter(pk=ada.pk).update(email="ada-ada@example.org")
        assert self.change(browser, RIGHT, new).status_code == 200
        assert not AuditEntry.objects.filter(action="ChangePassword").exists()
