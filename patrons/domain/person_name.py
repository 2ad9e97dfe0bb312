"""What a person is called."""

from dataclasses import dataclass
from typing import Self

from patrons.domain.text import folded, tidied
from shared_kernel.domain.errors import InvalidValue

LONGEST = 200


class InvalidName(InvalidValue):
    code = "invalid_name"
    message = "A name has 1 to 200 printable characters on one line."
    pointer = "/name"


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's whole name as they write it; no order of first and last names is presumed."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Tidy what was typed. Raises InvalidName."""
        name = tidied(text, longest=LONGEST)
        if name is None:
            raise InvalidName
        return cls(name)

    @property
    def sort_key(self) -> str:
        """What lists are sorted by and searches look in."""
        return folded(self.text)

    def __str__(self) -> str:
        return self.text
