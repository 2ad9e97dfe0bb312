"""Repairs ISBNs that a spreadsheet has changed: lost zeros, rounded digits."""

import re

from catalog.domain.isbn import ISBN, InvalidISBN

_FORMULA = re.compile(r'^=?"(?P<text>[^"]*)"$|^\'(?P<plain>.*)$')
_WHOLE_FLOAT = re.compile(r"([0-9]{7,13})\.0+")
_FLOAT = re.compile(r"([0-9])[.,]([0-9]+)[eE]\+?12")
_SHORTEST, _TEN = 7, 10
_NONE = frozenset({"", "nan", "null", "none", "n/a"})
#: So many digits a program shows that prints numbers with twelve.
_SHOWN = 12


class UnrecoverableIsbn(ValueError):
    """Nobody can know which ISBN this was; the text says why."""


def is_rounded(text: str) -> bool:
    """Whether the cell shows the number without its last digits."""
    return _FLOAT.fullmatch(text.strip()) is not None


def repaired(text: str) -> str | None:
    """The 13 digits of the ISBN that a cell held; None for an empty cell. Raises UnrecoverableIsbn.

    A spreadsheet takes an ISBN for a number: it drops leading zeros, appends “.0”, and shows 13 digits as
    9.78043902348e+12.
    """
    text = _unquoted(text.strip())
    if text.strip("-–.0 ").lower() in _NONE:
        return None
    if whole := _WHOLE_FLOAT.fullmatch(text):
        text = whole[1]
    if float_ := _FLOAT.fullmatch(text):
        return _thirteenth(float_[1] + float_[2])
    return _parsed(text)


def _unquoted(text: str) -> str:
    guarded = _FORMULA.match(text)
    return (guarded["text"] or guarded["plain"] or "").strip() if guarded else text


def _parsed(text: str) -> str:
    try:
        return ISBN.parse(text).digits
    except InvalidISBN as invalid:
        if text.isascii() and text[:-1].isdigit() and _SHORTEST <= len(text) < _TEN:
            return _with_zeros(text)
        raise UnrecoverableIsbn(f"“{text[:40]}” is no ISBN ({invalid.params['reason']}).") from None


def _with_zeros(text: str) -> str:
    try:
        return ISBN.parse(text.zfill(_TEN)).digits
    except InvalidISBN:
        raise UnrecoverableIsbn(f"“{text}” is no ISBN, not even with its leading zeros.") from None


def _thirteenth(digits: str) -> str:
    """Twelve digits, rounded, and the thirteenth, which checks them: two candidates at most.

    Shown with fewer digits, or if both candidates are valid, the ISBN is lost.
    """
    if len(digits) != _SHOWN:
        raise UnrecoverableIsbn("The spreadsheet has rounded the ISBN; its last digits are lost.")
    rounded_down, rounded_up = _completed(int(digits)), _completed(int(digits) - 1)
    found = [isbn for isbn in (rounded_down,) if isbn and isbn[-1] <= "5"]
    found += [isbn for isbn in (rounded_up,) if isbn and isbn[-1] >= "5"]
    if len(found) != 1:
        raise UnrecoverableIsbn("The spreadsheet has rounded the ISBN; its last digits are lost.")
    return found[0]


def _completed(twelve: int) -> str | None:
    for check in range(10):
        try:
            return ISBN(f"{twelve}{check}").digits
        except InvalidISBN:
            continue
    return None
