"""What a line of text may be, and how two lines are compared: without accents, case and punctuation."""

import re
import unicodedata

from shared_kernel.domain.errors import InvalidValue
from shared_kernel.domain.text import fold, has_visible_text

#: Categories that can't stand in a line of text: controls, lone surrogates, ends of lines and paragraphs.
_FORBIDDEN = {"Cc", "Cs", "Zl", "Zp"}
#: Categories that show nothing: at either end they are trimmed, and alone they say nothing.
_INVISIBLE = {"Cf", "Zs"}
_NEITHER = re.compile("[^A-Za-z0-9'`]+")
_APOSTROPHES = "'’ʼ`´ʹʾʿ"
#: Scripts written without blanks between words: each of their characters counts as a word of its own.
_UNSPACED = re.compile("[぀-ヿ㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff]")
LONGEST_WORD = 64
LONGEST_SORT_KEY = 200


def one_line(text: str, *, longest: int, refusal: type[InvalidValue]) -> str:
    """The text in Unicode's composed form, without what is invisible at its ends.

    Raises `refusal` where nothing is left, where it is longer than `longest` characters, and where it holds
    a control character, a line end or half a surrogate pair.
    """
    if len(text) > 10 * longest or any(unicodedata.category(char) in _FORBIDDEN for char in text):
        raise refusal
    composed = unicodedata.normalize("NFC", text)
    start, end = 0, len(composed)
    while start < end and unicodedata.category(composed[start]) in _INVISIBLE:
        start += 1
    while end > start and unicodedata.category(composed[end - 1]) in _INVISIBLE:
        end -= 1
    trimmed = composed[start:end]
    if not trimmed or len(trimmed) > longest or not has_visible_text(trimmed):
        raise refusal
    return trimmed


def index_words(text: str) -> list[str]:
    """The folded words of a text that is to be found, in order.

    A word with an apostrophe is found by its parts and as one: “l'étranger” by “etranger”, “letranger”.
    """
    found: list[str] = []
    for word in _separated(fold(text)).split():
        parts = _parted(word)
        found += dict.fromkeys([*parts, "".join(parts)]) if parts else []
    return [word[:LONGEST_WORD] for word in found]


def query_words(text: str) -> list[str]:
    """The folded words that somebody looks for; each is meant to find the words that begin with it."""
    return [part[:LONGEST_WORD] for word in _separated(fold(text)).split() for part in _parted(word)]


def sort_key(text: str) -> str:
    """What a text is sorted by, character by character: its folded words, at most 200 characters."""
    return " ".join(query_words(text))[:LONGEST_SORT_KEY]


def _separated(text: str) -> str:
    if text.isascii():
        return _NEITHER.sub(" ", text)
    kept = "".join(
        char if char in _APOSTROPHES or unicodedata.category(char)[0] in "LNM" else " " for char in text
    )
    return _UNSPACED.sub(r" \g<0> ", kept)


def _parted(word: str) -> list[str]:
    return [part for part in re.split(f"[{_APOSTROPHES}]", word) if part]
