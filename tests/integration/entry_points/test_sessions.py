"""A session ends: with the browser, when nobody uses it, and with the login that it was opened by."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from shared_kernel.models import LoginSession
from shared_kernel.services.commands import dispatch
from shared_kernel.services.logins import CloseLogin, CreatedLogin, CreateLogin, ReopenLogin

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)
HOME = {"patron": "/my/", "librarian": "/desk/", "manager": "/desk/", "operator": "/admin/"}


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def a_login(role: str) -> CreatedLogin:
    return dispatch(CreateLogin(name=f"a-{role}", role=role))


def browser(login: CreatedLogin) -> Client:
    client = Client()
    entered = client.post("/login", {"username": login.username, "password": login.password})
    assert entered.status_code == 302
    return client


def is_in(client: Client, role: str = "librarian") -> bool:
    """Whether the session holds, by a page of the role's own."""
    response = client.get(HOME[role])
    assert response.status_code in {200, 302}
    return bool(response.status_code == 200)


class TestASession:
    def test_ends_with_the_browser(self) -> None:
        cookie = browser(a_login("librarian")).cookies["sessionid"]
        assert (cookie["max-age"], cookie["expires"]) == ("", "")

    @pytest.mark.parametrize(
        ("role", "minutes"), [("patron", 30), ("librarian", 720), ("manager", 720), ("operator", 720)]
    )
    def test_ends_after_the_idle_time_of_its_role(self, role: str, minutes: int) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            client = browser(a_login(role))
            clock.move_to(NOW + timedelta(minutes=minutes - 2))
            assert is_in(client, role)
            clock.move_to(NOW + timedelta(minutes=2 * minutes - 4))
            assert is_in(client, role)
            clock.move_to(NOW + timedelta(minutes=3 * minutes))
            assert not is_in(client, role)

    def test_is_written_once_a_minute_at_most(self, django_assert_num_queries: Any) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            client = browser(a_login("librarian"))
            ends = LoginSession.objects.get().expire_date
            clock.shift(30)
            assert is_in(client)
            assert LoginSession.objects.get().expire_date == ends
            clock.shift(31)
            assert is_in(client)
            assert LoginSession.objects.get().expire_date == ends + timedelta(seconds=61)

    def test_that_ended_is_cleared_away(self) -> None:
        with time_machine.travel(NOW, tick=False):
            browser(a_login("patron"))
            call_command("clearsessions")
            assert LoginSession.objects.count() == 1
        with time_machine.travel(NOW + timedelta(minutes=31), tick=False):
            call_command("clearsessions")
            assert not LoginSession.objects.exists()

    def test_ends_with_the_closing_of_its_login_for_good(self) -> None:
        login, other = a_login("librarian"), a_login("manager")
        client, kept = browser(login), browser(other)
        dispatch(CloseLogin(id=login.id))
        dispatch(ReopenLogin(id=login.id))
        assert not is_in(client)
        assert is_in(kept)
        assert is_in(browser(login))

    def test_is_not_used_while_its_login_is_closed_by_other_means(self) -> None:
        login = a_login("librarian")
        client = browser(login)
        User.objects.filter(pk=login.id).update(is_active=False)
        assert not is_in(client)
        User.objects.filter(pk=login.id).update(is_active=True)
        assert not is_in(client)

    @pytest.mark.parametrize("change", ["more", "fewer", "superuser"])
    def test_ends_when_the_roles_change(self, change: str) -> None:
        login = a_login("librarian")
        client = browser(login)
        user = User.objects.get(pk=login.id)
        if change == "superuser":
            User.objects.filter(pk=login.id).update(is_superuser=True)
        elif change == "more":
            user.groups.add(Group.objects.get_or_create(name="manager")[0])
        else:
            user.groups.clear()
        assert not is_in(client)

    def test_ends_when_the_password_changes_but_for_the_one_that_changed_it(self) -> None:
        login = a_login("operator")
        client, elsewhere = browser(login), browser(login)
        new = "a battery of correct horses"
        form = {"old_password": login.password, "new_password1": new, "new_password2": new}
        assert client.post("/admin/password_change/", form).status_code == 302
        assert is_in(client, "operator")
        assert not is_in(elsewhere, "operator")
