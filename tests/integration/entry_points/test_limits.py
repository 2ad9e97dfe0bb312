"""Guessing a password or a token gets nobody far, and no client takes everything for itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import IssueToken, clear_token_cache
from shared_kernel.web import authentication, token_bucket
from shared_kernel.web.client_address import client_address
from shared_kernel.web.forwarded_headers import ForwardedHeadersMiddleware
from shared_kernel.web.token_bucket import TokenBucket

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)
RIGHT, WRONG = "correct horse battery", "correct horse"


def log_in(name: str, password: str, *, address: str = "192.0.2.1", client: Client | None = None) -> Any:
    visitor = client or Client()
    return visitor.post("/login", {"username": name, "password": password}, REMOTE_ADDR=address)


def is_in(response: Any) -> bool:
    return bool(response.status_code == 302)


def is_locked(response: Any) -> bool:
    return bool(response.status_code == 429)


@pytest.fixture
def ada(db: None, settings: Settings) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick to try in vain
    return User.objects.create_user("ada", password=RIGHT)


class TestALogin:
    def test_is_locked_after_five_failures_even_with_the_right_password(self, ada: User) -> None:
        answers = [log_in("ada", WRONG).status_code for _ in range(5)]
        assert answers == [200, 200, 200, 200, 429]
        response = log_in("ada", RIGHT)
        assert is_locked(response)
        assert response["Retry-After"] == "900"
        assert "15 minutes" in response.content.decode()
        assert "no-store" in response["Cache-Control"]

    def test_opens_again_after_fifteen_minutes_however_often_somebody_tried_since(self, ada: User) -> None:
        with time_machine.travel(NOW, tick=False):
            for _ in range(5):
                log_in("ada", WRONG)
        for minutes in (5, 14.9):
            with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
                assert is_locked(log_in("ada", WRONG))
        with time_machine.travel(NOW + timedelta(minutes=15, seconds=1), tick=False):
            assert is_in(log_in("ada", RIGHT))

    def test_is_not_locked_for_its_owner_at_another_address(self, ada: User) -> None:
        for _ in range(6):
            log_in("ada", WRONG)
        assert is_in(log_in("ada", RIGHT, address="192.0.2.2"))

    def test_locks_no_other_login_from_the_same_address(self, ada: User) -> None:
        for _ in range(6):
            log_in("grace", WRONG)
        assert is_in(log_in("ada", RIGHT))

    def test_forgets_failures_once_the_right_password_came(self, ada: User) -> None:
        for _ in range(3):
            for _ in range(4):
                log_in("ada", WRONG)
            assert is_in(log_in("ada", RIGHT))

    def test_is_counted_by_name_in_any_case_and_with_any_browser(self, ada: User) -> None:
        for number, name in enumerate(("ada", "ADA", " Ada", "aDa ", "ada")):
            agent = Client(headers={"User-Agent": f"browser {number}"})
            last = log_in(name, WRONG, client=agent)
        assert is_locked(last)

    def test_tells_nobody_whether_there_is_such_a_name(self, ada: User) -> None:
        User.objects.create_user("closed", password=RIGHT, is_active=False)

        def answers(name: str, password: str) -> list[tuple[int, str]]:
            found = [log_in(name, password) for _ in range(6)]
            return [(each.status_code, _without_tokens(each.content.decode(), name)) for each in found]

        assert answers("ada", WRONG) == answers("nobody", WRONG) == answers("closed", RIGHT)

    def test_keeps_no_name_password_or_readable_trace_of_the_attempts(self, ada: User) -> None:
        log_in("ada@example.org", WRONG)
        kept = str(AccessAttempt.objects.values())
        assert "ada" not in kept
        assert WRONG not in kept

    @pytest.mark.parametrize("name", ["", "a" * 5000, "a\x00b", "\u200b", "ä" * 300, "' OR 1=1 --"])
    def test_of_any_name_fails_in_the_ordinary_way(self, name: str) -> None:
        client = Client(headers={"User-Agent": "x" * 5000, "Accept": "y" * 5000})
        assert log_in(name, WRONG, client=client, address="").status_code == 200

    def test_has_no_second_door_in_the_administration(self, ada: User) -> None:
        response = Client().post("/admin/login/", {"username": "ada", "password": RIGHT})
        assert response.status_code == 302
        assert response["Location"].startswith("/login")


def _without_tokens(page: str, name: str) -> str:
    lines = [line for line in page.splitlines() if "csrfmiddlewaretoken" not in line]
    return "\n".join(lines).replace(f'value="{name}"', "")


class TestGuessingTokens:
    def guess(self, number: int, address: str = "192.0.2.1") -> Any:
        headers = {"Authorization": f"Bearer lib_{number}"}
        return Client().get("/api/v1/books", headers=headers, REMOTE_ADDR=address)

    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(authentication, "WRONG_TOKENS_A_MINUTE", 3)

    @pytest.fixture
    def guessed(self, db: None) -> None:
        assert [self.guess(number).status_code for number in range(4)] == [401, 401, 401, 429]

    def test_ends_with_429(self, guessed: None) -> None:
        response = self.guess(-1)
        assert response.status_code == 429
        assert response.json()["code"] == "throttled"
        assert 1 <= int(response["Retry-After"]) <= 60
        assert self.guess(-1, address="192.0.2.2").status_code == 401

    def test_leaves_those_alone_whose_token_is_known(self, db: None) -> None:
        token = dispatch(IssueToken(name="kiosk", scopes=("catalog:read",))).token
        headers = {"Authorization": f"Bearer {token}"}
        assert Client().get("/api/v1/books", headers=headers).status_code == 200
        for number in range(9):
            self.guess(number, address="127.0.0.1")
        assert Client().get("/api/v1/books", headers=headers).status_code == 200

    def test_does_not_single_out_the_right_one(self, guessed: None) -> None:
        token = dispatch(IssueToken(name="kiosk", scopes=("catalog:read",))).token
        clear_token_cache()
        headers = {"Authorization": f"Bearer {token}"}
        response = Client().get("/api/v1/books", headers=headers, REMOTE_ADDR="192.0.2.1")
        assert response.status_code == 429


class TestAsking:
    @pytest.fixture(autouse=True)
    def _little(self, settings: Settings) -> None:
        settings.RATE_LIMITS = {"anonymous": 3, "token": 5, "user": 4}

    def answers(self, times: int, **request: Any) -> list[int]:
        client = request.pop("client", None) or Client()
        return [client.get("/api/v1/books", **request).status_code for _ in range(times)]

    def test_too_often_is_answered_429_with_the_time_to_wait(self) -> None:
        assert self.answers(4) == [200, 200, 200, 429]
        response = Client().get("/api/v1/books")
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "throttled"
        assert 1 <= int(response["Retry-After"]) <= 20

    def test_is_counted_by_address_for_strangers(self) -> None:
        assert self.answers(3, REMOTE_ADDR="192.0.2.1") == [200] * 3
        assert self.answers(4, REMOTE_ADDR="192.0.2.2") == [200, 200, 200, 429]
        assert self.answers(1, REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": "192.0.2.9"}) == [429]

    def test_is_counted_by_token_wherever_it_comes_from(self) -> None:
        token = dispatch(IssueToken(name="kiosk", scopes=("catalog:read",))).token
        headers = {"Authorization": f"Bearer {token}"}
        found = [self.answers(1, headers=headers, REMOTE_ADDR=f"192.0.2.{n}")[0] for n in range(6)]
        assert found == [200] * 5 + [429]

    def test_is_counted_by_login_for_browsers(self, ada: User) -> None:
        client = Client()
        client.force_login(ada)
        assert self.answers(5, client=client) == [200] * 4 + [429]

    def test_is_without_limit_where_the_setting_says_so(self, settings: Settings) -> None:
        settings.RATE_LIMITS = {"anonymous": 0, "token": 0, "user": 0}
        assert self.answers(50) == [200] * 50

    def test_too_often_for_what_is_denied_fills_no_audit(self, ada: User) -> None:
        client = Client()
        client.force_login(ada)
        statuses = [client.get("/api/v1/patrons").status_code for _ in range(20)]
        assert statuses == [403] * 4 + [429] * 16
        assert AuditEntry.objects.filter(outcome="denied").count() == 4

    def test_does_not_close_the_health_checks(self) -> None:
        self.answers(10)
        assert Client().get("/health").status_code == 200


class TestAnAllowance:
    def test_fills_up_evenly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = 1000.0
        monkeypatch.setattr(token_bucket, "monotonic", lambda: now)
        asked = TokenBucket()
        assert [asked.take("ada", per_minute=60) for _ in range(60)] == [0.0] * 60
        assert asked.take("ada", per_minute=60) == pytest.approx(1.0)
        now += 2
        assert [asked.take("ada", per_minute=60) for _ in range(2)] == [0.0, 0.0]
        assert asked.wait("ada", per_minute=60) == pytest.approx(1.0)
        now += 3600
        assert [asked.take("ada", per_minute=60) for _ in range(61)] == [0.0] * 60 + [pytest.approx(1.0)]

    def test_is_each_clients_own(self) -> None:
        asked = TokenBucket()
        assert asked.take("ada", per_minute=1) == 0.0
        assert asked.take("ada", per_minute=1) > 0
        assert asked.take("grace", per_minute=1) == 0.0

    def test_remembers_no_more_clients_than_there_are(self) -> None:
        asked = TokenBucket()
        for number in range(25_000):
            asked.take(str(number), per_minute=60)
        assert len(asked._spent) <= 10_000


class TestAClientsAddress:
    def of(self, remote: str, forwarded: str | None = None) -> str | None:
        headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
        return client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote))

    @pytest.mark.parametrize(
        ("proxies", "forwarded", "address"),
        [
            ([], "192.0.2.1", "10.0.0.1"),
            (["10.0.0.0/8"], "192.0.2.1", "192.0.2.1"),
            (["10.0.0.0/8"], "203.0.113.9, 192.0.2.1", "192.0.2.1"),
            (["10.0.0.0/8"], "203.0.113.9, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
            (["10.0.0.1"], "203.0.113.9, 192.0.2.1, 10.0.0.2", "10.0.0.2"),
            (["10.0.0.0/8"], "10.9.9.9, 10.0.0.2", "10.9.9.9"),
            (["10.0.0.0/8"], "192.0.2.1, unknown, 10.0.0.2", "10.0.0.2"),
            (["172.16.0.0/12"], "192.0.2.1", "10.0.0.1"),
            (["::/0"], "192.0.2.1", "10.0.0.1"),
            (["10.0.0.0/8"], None, "10.0.0.1"),
            (["0"], "192.0.2.1", "10.0.0.1"),
            (["1"], "192.0.2.1", "192.0.2.1"),
            (["1"], "203.0.113.9, 192.0.2.1", "192.0.2.1"),
            (["2"], "203.0.113.9, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
            (["2"], "192.0.2.1", "192.0.2.1"),
            (["1"], None, "10.0.0.1"),
            (["1"], "unknown", "10.0.0.1"),
            (["1"], "", "10.0.0.1"),
        ],
    )
    def test_is_what_the_outermost_trusted_proxy_saw(
        self, proxies: list[str], forwarded: str | None, address: str, settings: Settings
    ) -> None:
        settings.TRUSTED_PROXIES = proxies
        assert self.of("10.0.0.1", forwarded) == address

    def test_behind_a_proxy_whose_own_address_is_written_as_ipv6(self, settings: Settings) -> None:
        settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
        assert self.of("::ffff:10.0.0.1", "192.0.2.1") == "192.0.2.1"

    @pytest.mark.parametrize(
        ("remote", "address"),
        [
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("", None),
            ("unix:", None),
        ],
    )
    def test_is_a_network_where_one_client_has_many(self, remote: str, address: str | None) -> None:
        assert self.of(remote) == address


class TestAHeaderOfAProxy:
    """What ForwardedHeadersMiddleware lets through; a server that folds both spellings shows one value."""

    def left(self, value: str = "https", name: str = "X-Forwarded-Proto") -> str | None:
        seen: list[HttpRequest] = []

        def view(request: HttpRequest) -> HttpResponse:
            seen.append(request)
            return HttpResponse()

        request = RequestFactory().get("/", headers={name: value}, REMOTE_ADDR="10.0.0.1")
        ForwardedHeadersMiddleware(view)(request)
        return seen[0].headers.get(name)

    @pytest.mark.parametrize(
        ("proxies", "is_believed"),
        [([], False), (["192.0.2.0/24"], False), (["10.0.0.0/8"], True), (["1"], True)],
    )
    @pytest.mark.parametrize(
        "name", ["X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-For", "Forwarded", "X-Real-IP"]
    )
    def test_is_believed_of_a_trusted_proxy_alone(
        self, name: str, proxies: list[str], is_believed: bool, settings: Settings
    ) -> None:
        settings.TRUSTED_PROXIES = proxies
        assert self.left("https", name) == ("https" if is_believed else None)

    def test_is_no_word_about_tls_where_it_is_two(self, settings: Settings) -> None:
        settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
        assert self.left("https, http") is None
        assert self.left("http,https") is None
