"""The languages that letters are written in."""

from collections.abc import Mapping
from typing import Final

from shared_kernel.domain.errors import InvalidValue

#: Each language's code (ISO 639-1), and what its speakers call it.
LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "de": "Deutsch"}


class UnknownLanguage(InvalidValue):
    code = "unknown_language"
    message = "There are no letters in “{language}”. Available: {known}."
    pointer = "/language"


def known_language(code: str) -> str:
    """The code of a language that there are letters in. Raises UnknownLanguage for any other."""
    if code not in LANGUAGES:
        raise UnknownLanguage(language=code, known=", ".join(LANGUAGES))
    return code
