"""Tidy up text that people typed."""

import unicodedata

from shared_kernel.domain.text import has_visible_text

#: Controls, formats (zero-width spaces among them), surrogates and what is no character at all.
_UNPRINTED = frozenset({"Cc", "Cf", "Cs", "Cn", "Co"})
#: Formats that belong to the spelling of a word in Persian, Hindi and others.
_JOINERS = frozenset("\u200c\u200d")


def tidied(text: str, *, longest: int) -> str | None:
    """The text in NFC on one line without spaces at its ends; None where it isn't fit to be kept.

    Fit is what shows something, is no longer than `longest` characters, and has no control characters.
    """
    line = unicodedata.normalize("NFC", " ".join(text.split()))
    clean = all(char in _JOINERS or unicodedata.category(char) not in _UNPRINTED for char in line)
    return line if has_visible_text(line) and clean and len(line) <= longest else None
