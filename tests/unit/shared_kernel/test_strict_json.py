from decimal import Decimal
from io import BytesIO

import pytest
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType, ValidationError

from shared_kernel.web.json import FastJSONRenderer, StrictJSONParser, encode


def parse(raw: bytes, media_type: str = "application/json") -> dict[str, object]:
    return StrictJSONParser().parse(BytesIO(raw), media_type)


def refusal(raw: bytes, media_type: str = "application/json") -> APIException:
    with pytest.raises(APIException) as caught:
        parse(raw, media_type)
    return caught.value


class TestReadingABody:
    def test_keeps_fractions_exact(self) -> None:
        assert parse(b'{"amount": 0.1}') == {"amount": Decimal("0.1")}

    def test_takes_utf8_under_any_of_its_names(self) -> None:
        for name in ("utf-8", "UTF-8", '"utf-8"', "utf8"):
            assert parse('{"a": "ä"}'.encode(), f"application/json; charset={name}") == {"a": "ä"}

    def test_takes_the_largest_integer_a_column_holds(self) -> None:
        assert parse(b'{"a": 9223372036854775807}') == {"a": 2**63 - 1}

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"{",
            b'{"a": 1,}',
            b'{"a": 1, "a": 2}',
            b'{"a": {"b": 1, "b": 1}}',
            b'{"a": "\xff"}',
            b'\xef\xbb\xbf{"a": 1}',
            b'{"a": NaN}',
            b'{"a": -Infinity}',
            b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}",
            b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            b'{"a":' * 100_000,
        ],
        ids=lambda raw: raw[:20].decode("latin-1"),
    )
    def test_finds_unreadable(self, raw: bytes) -> None:
        assert isinstance(refusal(raw), ParseError)

    @pytest.mark.parametrize(
        "raw",
        [
            b"[]",
            b'"text"',
            b"1",
            b"null",
            b'{"a": "\\u0000"}',
            b'{"a": ["\\ud800"]}',
            b'{"\\udfff": 1}',
            b'{"a": {"b\\u0000": 1}}',
            b'{"a": 9223372036854775808}',
            b'{"a": -1e400}',
            b'{"a": 1e99999999999999999999}',
            b'{"a": ' + b"9" * 100_000 + b"}",
            b'{"a": 0.' + b"9" * 100_000 + b"}",
        ],
        ids=lambda raw: raw[:20].decode("latin-1"),
    )
    def test_finds_readable_but_invalid(self, raw: bytes) -> None:
        assert isinstance(refusal(raw), ValidationError)

    def test_points_at_text_that_is_none(self) -> None:
        assert refusal(b'{"a": {"b/c": ["x", "\\ud800"]}}').get_codes() == {"a/b~1c/1": ["invalid_text"]}

    @pytest.mark.parametrize("charset", ["klingon", "latin-1", "utf-16", ""])
    def test_reads_no_other_charset(self, charset: str) -> None:
        assert isinstance(refusal(b"{}", f"application/json; charset={charset}"), UnsupportedMediaType)


class TestRenderingAnAnswer:
    def test_is_empty_for_nothing(self) -> None:
        assert FastJSONRenderer().render(None) == b""

    def test_indents_on_request(self) -> None:
        assert FastJSONRenderer().render({"a": 1}, renderer_context={"indent": 2}) == b'{\n  "a": 1\n}'

    def test_says_what_has_no_form_of_its_own_as_text(self) -> None:
        class Shouting(str):
            __slots__ = ()

        assert encode([Shouting("HEY"), ValueError("why")]) == b'["HEY","why"]'
