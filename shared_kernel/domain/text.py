"""Text: whether it is visible, how it is folded for searching, and reasons that are required."""

import unicodedata

from shared_kernel.domain.errors import InvalidValue

#: General categories that show nothing by themselves: controls, formats, surrogates, blanks, combining marks.
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me", "Zl", "Zp", "Zs"})
#: Letters and symbols that are drawn as blanks: Hangul fillers and the empty Braille pattern.
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800")

#: Letters that Unicode does not take apart into a base letter and a mark.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"}
)


class ReasonRequired(InvalidValue):
    code = "reason_required"
    message = "Give a reason of 1 to 500 visible characters. It is recorded in the audit."

    def __init__(self, *, pointer: str = "/reason") -> None:
        super().__init__()
        self.pointer = pointer


def has_visible_text(text: str) -> bool:
    """Whether anything of the text can be seen."""
    return any(char not in _BLANKS and unicodedata.category(char) not in _UNSEEN for char in text)


def required_reason(text: str, *, pointer: str = "/reason") -> str:
    """The reason without blanks around it. Raises ReasonRequired if nothing in it is visible."""
    if not has_visible_text(text):
        raise ReasonRequired(pointer=pointer)
    return text.strip()


def fold(text: str) -> str:
    """The text without accents and case, for searching and sorting: “Éluard” becomes “eluard”."""
    if text.isascii():  # the common case, ten times as fast
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    base = "".join(
        char for char in decomposed if not (unicodedata.combining(char) or unicodedata.category(char) == "Cf")
    )
    return unicodedata.normalize("NFC", base.casefold()).translate(_PLAIN)
