"""Sends letters by SendGrid. The only module that uses its API."""

import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.request import Request

import msgspec
from python_http_client import Client
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import CustomArg, Email, Mail, To

from patrons.adapters.bounded_http import Answer, NoAnswer, exchange
from patrons.services.mail import ChannelClosed, Letter, LetterRejected, MailServiceFailure
from shared_kernel.resilience.breakers import breaker
from shared_kernel.resilience.fingerprint import digest_of

#: How long nothing is sent after SendGrid rejected the key or the sender: a setting must be corrected.
MISCONFIGURED_PAUSE = timedelta(minutes=5)
_SHORTEST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(hours=1)
_THIS_LETTERS_FAULT = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})
#: `personalizations.0.to.0.email`: the field at fault, without its value, which may be an address.
_FIELD = re.compile(r"[a-z0-9_.]{1,80}")


class _BoundedClient(Client):  # type: ignore[misc]  # the library has no types
    """SendGrid's own client, with a bound on the whole exchange and without following redirects."""

    def _build_client(self, name: str | None = None) -> "_BoundedClient":
        return _BoundedClient(
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
            append_slash=self.append_slash,
            timeout=self.timeout,
        )

    def _make_request(self, _opener: object, request: Request, timeout: float | None = None) -> Answer:
        return exchange(request, seconds=timeout or self.timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGridMailer:
    """Sends by SendGrid at `url`, each letter in `timeout` seconds at most, from the address `sender`."""

    api_key: str
    url: str
    timeout: float
    sender: str

    @property
    def setting(self) -> str:
        """A digest of the settings that SendGrid may reject: key, URL and sender. It reveals none of them."""
        return digest_of(self.url, self.api_key, self.sender)

    def guarded(self) -> AbstractContextManager[None]:
        """SendGrid's circuit breaker: only failures of the service count. Raises BreakerOpen."""
        return breaker("sendgrid").guarding(MailServiceFailure)

    def send(self, letter: Letter) -> str:
        """Send a letter; return SendGrid's id of the message. Raises NotDelivered.

        SendGrid knows no idempotency: a request that may have arrived and was not answered is never repeated.
        """
        try:
            answer = self._client().send(self._mail(letter))
        except NoAnswer as failure:
            raise MailServiceFailure(f"SendGrid: {failure}", sent=failure.sent) from None
        _judge(answer.status_code, answer.headers, answer.body)
        return answer.headers.get("X-Message-Id") or ""

    def _client(self) -> SendGridAPIClient:
        api = SendGridAPIClient(self.api_key, host=self.url)
        api.client = _BoundedClient(
            host=self.url,
            request_headers=api._default_headers,  # noqa: SLF001  as its own __init__ does
            version=3,
            timeout=self.timeout,
        )
        return api

    def _mail(self, letter: Letter) -> Mail:
        mail = Mail(
            from_email=Email(self.sender),
            to_emails=To(letter.email, letter.name),
            subject=letter.subject,
            plain_text_content=letter.text,
            html_content=letter.html,
        )
        mail.add_custom_arg(CustomArg("notice", str(letter.notice)))
        return mail


def _judge(status: int, headers: Any, body: bytes) -> None:  # headers as the untyped library hands them on
    """Raise what an answer other than "accepted" means."""
    what = f"SendGrid answered {status}"
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status in _THIS_LETTERS_FAULT:
        raise LetterRejected(f"{what} {_fields_at_fault(body)}".rstrip())
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise ChannelClosed(what, pause=_wait_asked_for(headers.get("Retry-After")), alert=False)
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ChannelClosed(what, pause=MISCONFIGURED_PAUSE, alert=True)
    raise MailServiceFailure(what, sent=False)


def _fields_at_fault(body: bytes) -> str:
    try:
        errors = msgspec.json.decode(body)["errors"]
        fields = [str(each["field"]) for each in errors if each.get("field")]
    except (msgspec.MsgspecError, KeyError, TypeError, AttributeError):
        return ""
    return " ".join(field for field in fields if _FIELD.fullmatch(field))


def _wait_asked_for(retry_after: str | None) -> timedelta:
    """Retry-After in either of its forms (RFC 9110), within reason; a minute where it can't be read."""
    wait = timedelta(minutes=1)
    try:
        if retry_after is not None and retry_after.strip().isdigit():
            wait = timedelta(seconds=int(retry_after))
        elif retry_after is not None:
            wait = parsedate_to_datetime(retry_after) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):
        pass
    return min(max(wait, _SHORTEST_PAUSE), _LONGEST_PAUSE)
