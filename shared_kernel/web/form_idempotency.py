"""A form that is sent twice has one effect and one answer: its page was made with an idempotency key."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeVar

from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest
from rest_framework import status
from rest_framework.exceptions import APIException

from shared_kernel.services.bus import Command
from shared_kernel.services.commands import dispatch
from shared_kernel.services.idempotency import (
    WAIT_SECONDS,
    IdempotencyKeyInFlight,
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    Replay,
    claim,
    is_used,
    release,
)

R = TypeVar("R")

KEY_FIELD: Final = "idempotency_key"
_NO_CONTENTS: Final = {KEY_FIELD, "csrfmiddlewaretoken"}


class FormAlreadySent(APIException):
    """The form's key was used for other contents, from a page that the browser had kept."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "form_already_sent"
    default_detail = "This form was already sent with other contents. Reload the page and try again."


class FormInFlight(APIException):
    """The same form is still being carried out, and has been for longer than one waits."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "form_in_flight"
    default_detail = "This form was already sent and is still being worked on. Try again in a moment."
    wait = WAIT_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Selection(Command[tuple[str, ...]]):
    """What a bulk action was sent with; answered with the rows that it was for the first time."""

    contents: tuple[tuple[str, tuple[str, ...]], ...]


def dispatch_form(request: HttpRequest, command: Command[R], *, part: str = "") -> R:
    """Carry out the command that a form stands for, once for each key.

    A form that stands for several commands names each of them by its `part`. Raises Refused as `dispatch`
    does, and FormAlreadySent, FormInFlight and BadRequest, which are answered with a page of their own.
    """
    with _told_to_people():
        return dispatch(command, idempotency_key=_key(request, part))


def selected_keys(request: HttpRequest, chosen: Sequence[str]) -> Sequence[str]:
    """The keys of the rows that a bulk action is for: those `chosen` now, or when it was first sent.

    Raises what `dispatch_form` does.
    """
    key = _key(request)
    if key is None:
        return chosen
    contents = ((name, tuple(request.POST.getlist(name))) for name in sorted({*request.POST} - _NO_CONTENTS))
    with _told_to_people(), transaction.atomic():
        claimed = claim(_Selection(contents=tuple(contents)), key)
        if isinstance(claimed, Replay):
            first: Sequence[str] = claimed.result
            return first
        claimed.keep(tuple(chosen))
    return chosen


def release_selection(request: HttpRequest) -> None:
    """Let the bulk action be sent with other contents after all, since nothing came of it."""
    if key := _key(request):
        release(key)


def was_executed(request: HttpRequest, *, part: str) -> bool:
    """Whether the form's command of this name was carried out before."""
    key = _key(request, part)
    return key is not None and is_used(key)


def _key(request: HttpRequest, part: str = "") -> str | None:
    """The form's key, or one made of it for a part; None for a form without, as programs send."""
    key: str | None = request.POST.get(KEY_FIELD)
    return sha256(f"{key}:{part}".encode()).hexdigest() if key and part else key


@contextmanager
def _told_to_people() -> Iterator[None]:
    """Turn refusals about the key into errors of the page: they don't belong beside a field of the form."""
    try:
        yield
    except IdempotencyKeyReused:
        raise FormAlreadySent from None
    except IdempotencyKeyInFlight:
        raise FormInFlight from None
    except IdempotencyKeyInvalid as invalid:
        raise BadRequest(invalid.detail) from None
