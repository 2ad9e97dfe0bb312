"""What any request can be refused for, tried with each operation's example."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from http import HTTPStatus
from itertools import count
from typing import Any

from django.test import Client, override_settings

from shared_kernel.models import IdempotencyRecord
from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import IssueToken
from shared_kernel.web.request_body import BODY_REFUSAL_STATUS
from shared_kernel.web.token_bucket import requests
from tests.integration.refusals.call import NOBODY, Call

Sent = tuple[Client, Call]
_keys = count(1)
_LONG = "x" * 20_000
#: Stands for a field that isn't sent.
_ABSENT = object()
_VALUES: tuple[Any, ...] = (
    _ABSENT,
    None,
    "",
    " ",
    _LONG,
    "1" * 5_000,
    "\x00",
    [],
    [None],
    [""],
    {},
    {"x": 1},
    True,
    1.5,
    -1,
    99,
)
_DEEP = b"[" * 100_000 + b"]" * 100_000


def faults(method: str, route: str, example: Callable[[], Call], *, root: Client) -> Iterator[Sent]:
    """Requests like the example, each with one thing wrong, and who sends them."""
    yield from _of_the_asker(example())
    call = example()
    wrong = [
        *_of_the_server(call),
        replace(call, headers={"Accept": "image/png"}, query={}),
        replace(call, headers={"Host": "elsewhere.example"}),
        replace(call, query={**call.query, "nosuch": "1"}),
        replace(call, query={**call.query, "x": "\x00"}),
        replace(call, path=_to_nobody(route, call)),
        replace(call, query={**call.query, "cursor": "garbage"}),
        replace(call, query={**call.query, "page_size": "0"}),
        replace(call, headers={"If-Match": "garbage"}),
        replace(call, headers={"If-Match": '"999"'}),
        *_of_the_query(call),
        replace(call, raw=b"{}", headers={"Content-Encoding": "gzip"}),
        replace(call, raw=b"", environ={"HTTP_TRANSFER_ENCODING": "chunked"}),
        *(_of_the_body(call) if method != "GET" else ()),
    ]
    yield from ((root, each) for each in wrong)
    if method == "POST":
        yield from ((root, each) for each in _of_a_key(example))
    yield from _of_too_many(root, call)


def _of_the_asker(call: Call) -> Iterator[Sent]:
    anonymous = Client(raise_request_exception=False)
    token = dispatch(IssueToken(name="machine", scopes=("operations",))).token
    yield anonymous, call
    yield anonymous, replace(call, headers={"Authorization": "Bearer nonsense"})
    yield anonymous, replace(call, headers={"Authorization": f"Bearer {token}"})


def _of_the_server(call: Call) -> Iterator[Call]:
    """What the web server notes of a body that it didn't take in (library_project/serving)."""
    for status in (
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ):
        yield replace(call, environ={BODY_REFUSAL_STATUS: status})


def _of_the_query(call: Call) -> Iterator[Call]:
    for name, value in call.query.items():
        yield replace(call, query={**call.query, name: [value, value]})
        for wrong in (" ", _LONG, "nonsense", "\x01"):
            yield replace(call, query={**call.query, name: wrong})
        yield replace(call, query={other: it for other, it in call.query.items() if other != name})


def _of_the_body(call: Call) -> Iterator[Call]:
    if call.is_form:
        yield replace(call, raw=b"no form", content_type="multipart/form-data")
        yield from _of_a_form(call)
    else:
        for raw in (b"{", b'{"a": 1, "a": 2}', _DEEP, b"[1]", b'{"a": 1e999}'):
            yield replace(call, raw=raw)
    yield replace(call, raw=b"{}", content_type="text/plain")
    for body in _mangled(call.body) if isinstance(call.body, Mapping) and not call.is_form else ():
        yield replace(call, body=body)


def _of_a_form(call: Call) -> Iterator[Call]:
    for name in call.body:
        for wrong in ("", " ", _LONG, "\x00", ["a", "b"]):
            yield replace(call, body={**call.body, name: wrong})
        yield replace(call, body={other: it for other, it in call.body.items() if other != name})


def _mangled(body: Mapping[str, Any]) -> Iterator[Any]:
    for name, value in body.items():
        lists = (
            [[(value or ["x"])[0]] * 10_001, ["x"], [99], [-1], ["1" * 5_000]]
            if isinstance(value, list)
            else []
        )
        for wrong in (*_VALUES, *lists, *(_mangled(value) if isinstance(value, Mapping) else ())):
            changed = deepcopy({key: it for key, it in body.items() if key != name})
            yield changed if wrong is _ABSENT else {**changed, name: wrong}


def _of_a_key(example: Callable[[], Call]) -> Iterator[Call]:
    yield replace(example(), headers={"Idempotency-Key": "x"})
    key = {"Idempotency-Key": f"refusals-{next(_keys)}"}
    first = replace(example(), headers=key)
    yield first
    yield replace(example(), headers=key)
    IdempotencyRecord.objects.update(
        result=None
    )  # as where the patron whom the answer told of has been erased
    yield first


def _of_too_many(root: Client, call: Call) -> Iterator[Sent]:
    with override_settings(RATE_LIMITS={"anonymous": 1, "user": 1, "token": 1}):
        yield root, call
        yield root, call
    requests.forget()


def _to_nobody(route: str, call: Call) -> str:
    return route.replace("{}", NOBODY) if "{}" in route else call.path
