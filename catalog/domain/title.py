"""The name of a Book."""

from dataclasses import dataclass

from catalog.domain.text import one_line
from shared_kernel.domain.errors import InvalidValue


class InvalidTitle(InvalidValue):
    code = "invalid_title"
    message = "A title is one line of 1 to 500 visible characters."
    pointer = "/title"


@dataclass(frozen=True, slots=True)
class Title:
    """What a Book is called, on one line, without blanks around it. Raises InvalidTitle."""

    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", one_line(self.text, longest=500, refusal=InvalidTitle))
