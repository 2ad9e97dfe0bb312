"""Decode MARC-8, over pymarc's tables.

pymarc's own decoder is not used because it writes to stderr and reads an impossible byte as a space: text in
another encoding would come out garbled without a word. Source of the rules: the Library of Congress,
"MARC 21 Specifications for Record Structure, Character Sets, and Exchange Media".
"""

import re
import sys
from collections.abc import Iterator
from typing import Final

from pymarc.marc8_mapping import CODESETS, ODD_MAP

_ESC: Final = 0x1B
_SPACE: Final = 0x20
_HIGH: Final = 0x80
_ASCII: Final = 0x42
_ANSEL: Final = 0x45
_EACC: Final = 0x31
_ESCAPE = re.compile(rb"\x1b(?:(?P<custom>[bgps])|(?P<many>\$)?(?P<slot>[(,)\-])?!?(?P<final>[1-4BENQS]))")
_NON_SORTING: Final = b"\x88\x89\x98\x9c"
_REFERENCE = re.compile(r"&#[xX]([0-9A-Fa-f]{1,6});")


class NotMarc8(ValueError):
    """The bytes are not MARC-8."""


def decode_marc8(octets: bytes) -> str:
    """Decode the text of one control field or subfield; each begins with the default character sets.

    Raises NotMarc8 for a byte, escape sequence or combining mark that MARC-8 can't have there.
    """
    if octets.isascii() and _ESC not in octets:
        return _resolve_references(octets.decode("ascii"))
    text, marks = list[str](), list[str]()
    for char, combines in _characters(octets):
        if combines:
            marks.append(char)
            continue
        # Latin-1 read as MARC-8 shows here: its accented letters are combining marks to MARC-8, which puts
        # the mark before its letter.
        if marks and not char.isalpha():
            raise NotMarc8
        text += [char, *marks]
        marks.clear()
    if marks:
        raise NotMarc8
    return _resolve_references("".join(text))


def _characters(octets: bytes) -> Iterator[tuple[str, bool]]:
    """Give each character and whether it is a mark that combines with the one after it."""
    sets, position = [_ASCII, _ANSEL], 0
    while position < len(octets):
        if octets[position] == _ESC:
            position = _designate(octets, position, sets)
            continue
        charset = sets[octets[position] >= _HIGH]
        width = 3 if charset == _EACC and octets[position] > _SPACE else 1
        yield _look_up(charset, octets[position : position + width])
        position += width


def _designate(octets: bytes, position: int, sets: list[int]) -> int:
    """Obey the escape sequence at the position, which changes one of the two sets; give the next position."""
    escape = _ESCAPE.match(octets, position)
    if escape is None or not (escape["custom"] or escape["slot"] or escape["many"]):
        raise NotMarc8
    if escape["custom"]:
        sets[0] = _ASCII if escape["custom"] == b"s" else escape["custom"][0]
    else:
        sets[escape["slot"] in {b")", b"-"}] = escape["final"][0]
    return escape.end()


def _look_up(charset: int, octets: bytes) -> tuple[str, bool]:
    code = int.from_bytes(octets, "big")
    if code <= _SPACE or octets in _NON_SORTING:
        return chr(code), False
    # A set serves as G0 or as G1, whose codes differ in the high bits; pymarc lists each set in one form.
    for candidate in (code, code ^ int.from_bytes([_HIGH] * len(octets), "big")):
        if candidate in CODESETS[charset]:
            char, combines = CODESETS[charset][candidate]
            return chr(char), bool(combines)
    if code in ODD_MAP:
        return chr(ODD_MAP[code]), False
    raise NotMarc8


def _resolve_references(text: str) -> str:
    """Resolve the numeric references that stand for characters outside MARC-8."""
    return _REFERENCE.sub(_referred, text) if "&#" in text else text


def _referred(reference: re.Match[str]) -> str:
    code = int(reference[1], 16)
    return chr(code) if code <= sys.maxunicode else reference[0]
