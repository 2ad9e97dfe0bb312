"""Where a patron's letters go."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Self

from patrons.domain.text import tidied
from shared_kernel.domain.errors import InvalidValue

#: RFC 5321: 254 for the whole, 64 for the part before the @, 63 for a label of the domain.
LONGEST = 254
_ATOM = r"[^\s\u200c\u200d@<>()\[\]:;,\\\".]+"
_LOCAL = re.compile(rf"(?=.{{1,64}}\Z){_ATOM}(\.{_ATOM})*")
_LABEL = re.compile(r"(?!-)([^\W_]|-){1,63}(?<!-)")
_LINE_END = re.compile(r"[\r\n]")


class InvalidEmail(InvalidValue):
    code = "invalid_email"
    message = "An email address looks like name@example.org, with at most 254 characters."
    pointer = "/email"


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address in the form under which it is unique: NFC, lower case, no spaces around.

    Only its form is checked; only a letter can show whether anybody reads it.
    """

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Normalise what was typed. Raises InvalidEmail."""
        address = unicodedata.normalize("NFC", (tidied(text, longest=LONGEST) or "").lower())
        local, _, domain = address.partition("@")
        labels = domain.split(".")
        well_formed = (
            not _LINE_END.search(text)
            and len(address) <= LONGEST
            and _LOCAL.fullmatch(local)
            and len(labels) > 1
            and all(_LABEL.fullmatch(label) for label in labels)
        )
        if not well_formed:
            raise InvalidEmail
        return cls(address)

    def __str__(self) -> str:
        return self.text
