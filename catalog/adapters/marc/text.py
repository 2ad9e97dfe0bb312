"""The words of a MARC field without the marks that cataloguing rules put around them."""

import re
import unicodedata
from collections.abc import Iterable

_UNWANTED = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_ISBD = " /:;,="
_ABBREVIATIONS = frozenset({"bros", "cent", "co", "corp", "dr", "etc", "inc", "jr", "ltd", "sr"})
_LIGATURE = re.compile("(\\w)\ufe20\\w\ufe21")
_LAST_WORD = re.compile(r"(\w+)\.$")


def clean(text: str) -> str:
    """Give the text in NFC, on one line, without control characters and surrogates; empty if nothing shows.

    The control characters include the marks around an article that sorting ignores (U+0088, U+0098 and such).
    """
    text = unicodedata.normalize("NFC", " ".join(_UNWANTED.sub("", text).split()))
    return text if any(char.isprintable() and not char.isspace() for char in text) else ""


def trim(text: str) -> str:
    """Clean the text and take off the punctuation that ISBD puts after an element.

    A final full stop stays after an initial ("Tolkien, J. R. R."), a known abbreviation ("Jr.") and as
    part of an ellipsis.
    """
    text = clean(text).rstrip(_ISBD)
    if text.endswith(".") and not text.endswith("..") and not _ends_with_abbreviation(text):
        text = text[:-1].rstrip(_ISBD)
    return text


def _ends_with_abbreviation(text: str) -> bool:
    # Romanised Cyrillic writes one initial as two letters under a ligature: "I︠U︡.".
    found = _LAST_WORD.search(_LIGATURE.sub(r"\1", text[-40:]))
    if found is None:
        return False
    word = found[1]
    return word.casefold() in _ABBREVIATIONS or (len(word) == 1 and word.isupper())


def without_lone_brackets(text: str) -> str:
    """Take off a square bracket whose partner stands in another element."""
    return text if text.count("[") == text.count("]") else text.strip("[]").strip()


def distinct(texts: Iterable[str]) -> tuple[str, ...]:
    """Give the texts that say something, in order, each once whatever its capitals."""
    first_of: dict[str, str] = {}
    for text in texts:
        if text:
            first_of.setdefault(text.casefold(), text)
    return tuple(first_of.values())
