"""What a person is called."""

from dataclasses import dataclass
from typing import Self

from patrons.domain.text import tidied
from shared_kernel.domain.errors import InvalidValue
from shared_kernel.domain.text import fold

LONGEST = 200
LONGEST_SORT_KEY = 600


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
        """The folded name, for sorting and searching; at most 600 characters."""
        return " ".join(fold(self.text).split())[:LONGEST_SORT_KEY]

    def __str__(self) -> str:
        return self.text
