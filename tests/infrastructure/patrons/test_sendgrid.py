"""The adapter against real HTTP: what each answer, and each kind of silence, means."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event
from typing import Any
from uuid import UUID

import pytest

from patrons.domain.notice import NoticeState
from patrons.services.mail import ChannelClosed, Letter, LetterRejected, MailServiceFailure, NotDelivered
from patrons.services.ports import KeptLetter
from tests.fakes.sendgrid import FakeSendGrid
from tests.infrastructure.patrons.conftest import TIMEOUT, mailer

LETTER = Letter(
    notice=UUID(int=7),
    name="Ada Lovelace",
    email="ada@example.org",
    subject="You borrowed Emma",
    text="Dear Ada",
    html="<p>Dear Ada</p>",
    kept=KeptLetter(subject="You borrowed Emma", text="Dear {name}", language="en"),
)


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port whose backlog is full: connecting to it gets no answer."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        knocking = []
        for _ in range(4):
            knock = socket.socket()
            knock.setblocking(False)
            knock.connect_ex(("127.0.0.1", port))
            knocking.append(knock)
        yield port
        for knock in knocking:
            knock.close()


def outcome(url: str) -> NotDelivered:
    with pytest.raises(NotDelivered) as raised:
        mailer(url).send(LETTER)
    return raised.value


class TestALetter:
    def test_that_is_accepted_arrives_as_it_was_written(self, service: FakeSendGrid) -> None:
        assert mailer(service.url).send(LETTER) == "message-1"
        (mail,) = service.accepted
        assert mail["personalizations"][0]["to"] == [{"email": "ada@example.org", "name": "Ada Lovelace"}]
        assert mail["from"] == {"email": "library@example.org"}
        assert mail["subject"] == "You borrowed Emma"
        assert mail["content"] == [
            {"type": "text/plain", "value": "Dear Ada"},
            {"type": "text/html", "value": "<p>Dear Ada</p>"},
        ]
        assert service.notices == [str(LETTER.notice)]

    @pytest.mark.parametrize("word", ["400", "413"])
    def test_that_sendgrid_does_not_want_has_failed(self, service: FakeSendGrid, word: str) -> None:
        service.behave(word)
        failure = outcome(service.url)
        assert isinstance(failure, LetterRejected)
        assert failure.reason == f"SendGrid answered {word} personalizations.0.to.0.email"

    def test_that_sendgrid_does_not_want_and_says_nothing_about_has_failed(
        self, service: FakeSendGrid
    ) -> None:
        service.behave("400:silent")
        assert outcome(service.url).reason == "SendGrid answered 400"

    @pytest.mark.parametrize("word", ["401", "403", "404"])
    def test_that_we_may_not_send_waits_until_somebody_mends_the_settings(
        self, service: FakeSendGrid, word: str
    ) -> None:
        service.behave(word)
        failure = outcome(service.url)
        assert isinstance(failure, ChannelClosed)
        assert failure.alert
        assert failure.pause == timedelta(minutes=5)

    @pytest.mark.parametrize(
        ("asked", "least", "most"),
        [
            ("", 60, 60),
            ("7", 7, 7),
            ("0", 1, 1),
            ("999999", 3600, 3600),
            ("soon", 60, 60),
            ("date", 100, 120),
        ],
    )
    def test_that_comes_too_fast_waits_as_long_as_asked(
        self, service: FakeSendGrid, asked: str, least: int, most: int
    ) -> None:
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)
        service.behave("429:" + (date if asked == "date" else asked))
        failure = outcome(service.url)
        assert isinstance(failure, ChannelClosed)
        assert not failure.alert
        assert failure.pause
        assert least <= failure.pause.total_seconds() <= most

    @pytest.mark.parametrize("word", ["500", "503", "redirect"])
    def test_that_the_service_answered_wrongly_is_tried_again(self, service: FakeSendGrid, word: str) -> None:
        service.behave(word)
        failure = outcome(service.url)
        assert isinstance(failure, MailServiceFailure)
        assert failure.state == NoticeState.QUEUED
        assert service.requests == 1
        assert service.accepted == []

    @pytest.mark.parametrize("word", ["hang", "drip", "reset", "lose"])
    def test_whose_answer_was_lost_is_ambiguous(self, service: FakeSendGrid, word: str) -> None:
        service.behave(word)
        failure = outcome(service.url)
        assert isinstance(failure, MailServiceFailure)
        assert failure.state == NoticeState.AMBIGUOUS
        assert "ada" not in failure.reason

    def test_for_which_there_was_no_connection_is_tried_again(self, closed_port: int, deaf_port: int) -> None:
        for port in (closed_port, deaf_port):
            failure = outcome(f"http://127.0.0.1:{port}")
            assert isinstance(failure, MailServiceFailure)
            assert failure.state == NoticeState.QUEUED

    def test_under_a_key_that_no_header_can_hold_is_not_sent(self, service: FakeSendGrid) -> None:
        with pytest.raises(MailServiceFailure) as raised:
            mailer(service.url, api_key="SG.key\nX: y").send(LETTER)
        assert raised.value.state == NoticeState.QUEUED
        assert service.requests == 0

    def test_that_was_given_up_before_the_connection_stood_is_never_sent(
        self, service: FakeSendGrid, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        given_up, connected, connect = Event(), Event(), socket.create_connection

        def connect_late(*arguments: Any) -> socket.socket:
            given_up.wait()
            connection = connect(*arguments)
            connected.set()
            return connection

        monkeypatch.setattr(socket, "create_connection", connect_late)
        began = threading.enumerate()
        failure = outcome(service.url)
        assert failure.state == NoticeState.QUEUED
        (attempt,) = [thread for thread in threading.enumerate() if thread not in began]
        given_up.set()
        attempt.join(10)
        assert connected.is_set()
        assert service.requests == 0

    @pytest.mark.parametrize("word", ["hang", "drip"])
    def test_is_given_up_when_the_time_is_over(self, service: FakeSendGrid, word: str) -> None:
        service.behave(word)
        began = time.monotonic()
        outcome(service.url)
        assert TIMEOUT <= time.monotonic() - began < TIMEOUT + 1
