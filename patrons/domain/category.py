"""The categories that patrons are in."""

import re
from dataclasses import dataclass
from typing import Self

from patrons.domain.text import tidied
from shared_kernel.domain.errors import InvalidValue

_CODE = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class InvalidCategory(InvalidValue):
    code = "invalid_category"
    message = (
        "A category has a name and a code of 1 to 32 characters (a-z, 0-9, _ and -) that starts with "
        "a letter."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A category: the code that rules name it by, and the name that people read."""

    code: str
    name: str

    @classmethod
    def parse(cls, *, code: str, name: str) -> Self:
        """Tidy what was typed. Raises InvalidCategory."""
        words = tidied(name, longest=100)
        if words is None or not _CODE.fullmatch(code):
            raise InvalidCategory
        return cls(code=code, name=words)
