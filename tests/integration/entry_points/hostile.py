"""What no client of ours would send, and what the answer may be."""

import re
from typing import Any
from urllib.parse import quote

from tests.integration.entry_points.routes import NOBODY

JSON = "application/json"
ZERO_WIDTH, RIGHT_TO_LEFT = "\u200b" * 8, "\u202eevil\u202c"
HUGE = 10**400
DEEP = 100_000

#: Bodies by what is wrong with them: content type, bytes, and the statuses that say so.
BODIES: dict[str, tuple[str, bytes, set[int]]] = {
    "nothing": (JSON, b"", {400, 422, 415}),
    "no JSON": (JSON, b"{", {400}),
    "two values": (JSON, b"{} {}", {400}),
    "nested without end": (JSON, b'{"a":' * DEEP + b"1" + b"}" * DEEP, {400}),
    "lists without end": (JSON, b'{"a":' + b"[" * DEEP + b"]" * DEEP + b"}", {400}),
    "never closed": (JSON, b"[" * DEEP, {400}),
    "a duplicated key": (JSON, b'{"a": 1, "a": 2}', {400}),
    "invalid UTF-8": (JSON, b'{"a": "\xff\xfe"}', {400}),
    "UTF-16": (JSON, '{"a": 1}'.encode("utf-16"), {400}),
    "a byte order mark": (JSON, b"\xef\xbb\xbf{}", {400}),
    "not a number": (JSON, b'{"a": NaN}', {400}),
    "infinity": (JSON, b'{"a": -Infinity}', {400}),
    "a list": (JSON, b"[]", {422}),
    "a list of many": (JSON, b"[" + b"0," * DEEP + b"0]", {422}),
    "a text": (JSON, b'"x"', {422}),
    "null": (JSON, b"null", {422}),
    "a NUL in a text": (JSON, b'{"name": "a\\u0000b"}', {422}),
    "a NUL in a key": (JSON, b'{"a\\u0000b": 1}', {422}),
    "a lone surrogate": (JSON, b'{"name": "\\ud800"}', {422}),
    "a lone surrogate as a key": (JSON, b'{"\\udfff": 1}', {422}),
    "an unknown field": (JSON, b'{"no_such_field": 1}', {422}),
    "a field with a slash": (JSON, b'{"a/b~c": 1}', {422}),
    "five thousand fields": (JSON, b"{" + b",".join(b'"f%d":1' % n for n in range(5000)) + b"}", {422}),
    "a huge number": (JSON, b'{"year": 1%s}' % (b"0" * 5000), {422}),
    "a huge exponent": (JSON, b'{"amount": 1e999999999}', {422}),
    "ten megabytes": (JSON, b'{"name": "' + b"x" * 10_000_000 + b'"}', {413}),
    "a charset that is none": (f"{JSON}; charset=klingon", b"{}", {415}),
    "another charset": (f"{JSON}; charset=latin-1", b"{}", {415}),
    "another type": ("application/xml", b"<a/>", {415}),
    "pickle": ("application/python-pickle", b"\x80\x04N.", {415}),
    "a form": ("application/x-www-form-urlencoded", b"title=x", {415, 422}),
    "a broken multipart": ("multipart/form-data; boundary=x", b"--x\r\nbroken", {400, 415, 422}),
    "a multipart without boundary": ("multipart/form-data", b"--x--", {400, 415, 422}),
    "a type that is none": ("\u00fc/;;=", b"{}", {400, 415}),
    "no type": ("", b"{}", {400, 415}),
}

#: Values that fit no field.
VALUES: tuple[object, ...] = (
    *(
        None,
        True,
        0,
        -1,
        1.5,
        HUGE % 10**18,
        "",
        " ",
        "0",
        "-1",
        "1e3",
        [],
        {},
        [[]],
        [None],
        {"a": {"b": 1}},
    ),
    *(
        ZERO_WIDTH,
        RIGHT_TO_LEFT,
        "\ufffe",
        "x" * 20_000,
        "1" * 5000,
        "٣",
        "ä" * 600,
        "\r\nBcc: a@example.org",
    ),
    *("2024-02-30", "2024-01-15T10:00:00", "9999-12-31T23:59:59-23:59", "0001-01-01", "tomorrow"),
    *("' OR 1=1 --", "{{7*7}}", "%s%n", "../../etc/passwd", "<script>alert(1)</script>", "null", "undefined"),
    *(str(NOBODY), "NaN", "Infinity", "0.001", "-0.01", "1,5", 2**63, -(2**63) - 1),
)

#: Parameters that no route of ours has, or none with such a value.
QUERIES: tuple[str, ...] = (
    "no_such_parameter=1",
    "password__startswith=p",
    "id__in=1&id__in=2",
    "patron__email__icontains=a",
    "ordering=password",
    "ordering=-id__password",
    "ordering=title;drop%20table",
    "format=xml",
    "_method=DELETE",
    "page=2",
    "limit=1000000",
    "page_size=0",
    "page_size=-1",
    "page_size=101",
    "page_size=1e1",
    "page_size=" + "9" * 5000,
    "page_size=%D9%A3",
    "page_size=20&page_size=20&cursor=",
    "cursor=garbage",
    "cursor=" + quote("WzBd:AAAA"),
    "cursor=%00",
    "cursor=" + "A" * 10_000,
    "q=%00",
    "q=%ED%A0%80",
    "q=%FF%FE",
    "q=" + "x" * 20_000,
    "q=" + quote(ZERO_WIDTH),
    "q=" + quote('"unbalanced (NEAR* AND'),
    "q=a&q=b",
    "isbn=978",
    "patron=not-an-id",
    "patron=" + "0" * 300,
    "copy=" + quote(RIGHT_TO_LEFT),
    "state=nonsense",
    "overdue=perhaps",
    "available=perhaps",
    "%00=1",
    "a[b][c]=1",
    "=",
    "&&&",
    "&".join(f"p{number}=1" for number in range(2000)),
)

HEADERS: tuple[dict[str, str], ...] = (
    {"Accept": "application/xml"},
    {"Accept": "garbage"},
    {"Accept": "*/*;q=x, text/html;version=\x7f"},
    {"Accept": ",".join(["text/html"] * 2000)},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer " + "x" * 20_000},
    {"Authorization": "Basic " + "!" * 50},
    {"Authorization": "Bearer \u00e4\u00f6\u00fc"},
    {"Authorization": "Digest username=x"},
    {"Idempotency-Key": ""},
    {"Idempotency-Key": "!!!!!!!!"},
    {"Idempotency-Key": "x" * 129},
    {"Idempotency-Key": "\u00e4" * 10},
    {"If-Match": "garbage"},
    {"If-Match": '"' + "9" * 500 + '"'},
    {"If-None-Match": '"' * 99},
    {"If-Modified-Since": "yesterday"},
    {"Range": "bytes=-1,0-,9-1"},
    {"X-Request-Id": "x" * 5000},
    {"X-Request-Id": "\u00e4"},
    {"X-Forwarded-For": "garbage, , 1.2.3.4:99, ::1"},
    {"X-Forwarded-Host": "evil.example.org"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"Cookie": "sessionid=\x01; sessionid=x; csrftoken=" + "y" * 5000},
    {"Cookie": "=;=;;;"},
    {"Content-Length": "-1"},
    {"Content-Length": "x"},
    {"Content-Encoding": "gzip"},
    {"Library-Now": "2026-01-15T10:00:00"},
    {"Library-Now": "9999-12-31T23:59:59-23:59"},
    {"Host": "evil.example.org"},
    {"Host": "a b"},
    {"Origin": "null"},
    {"Accept-Language": "xx-" * 2000},
    {"User-Agent": "x" * 20_000},
    {f"X-{number}": "1" for number in range(1000)},
)

#: What stands in the place of an id or a barcode.
SEGMENTS: tuple[str, ...] = (
    "0",
    "-1",
    "not-an-id",
    "00000000-0000-0000-0000-00000000000",
    "00000000-0000-4000-8000-000000000000x",
    "%00",
    "a%00b",
    "%2e%2e%2f%2e%2e%2fetc",
    "a%2Fb",
    "%ED%A0%80",
    "%FF",
    quote(ZERO_WIDTH),
    quote(RIGHT_TO_LEFT),
    "x" * 5000,
    "%",
    ";",
    "' OR 1=1 --".replace(" ", "%20"),
    "{}",
)


_DRESS = re.compile(r"<style.*?</style>|<link [^>]*>|<script.*?</script>", re.DOTALL)


def secrets_in(text: str) -> list[str]:
    """Words in an answer that only our inside would say; the names of a page's own styles are none."""
    text = _DRESS.sub("", text)
    told = (
        *(
            "Traceback",
            'File "',
            ".py",
            "SELECT ",
            "INSERT ",
            "UPDATE ",
            "sqlite",
            "psycopg",
            "UNIQUE constraint",
        ),
        *(
            "django.",
            "rest_framework",
            "Exception",
            "DETAIL:",
            "lending_",
            "patrons_patron",
            "catalog_book",
            "0x7f",
        ),
    )
    return [word for word in told if word in text]


def nested(value: Any, depth: int) -> Any:
    """The value inside so many lists."""
    for _ in range(depth):
        value = [value]
    return value
