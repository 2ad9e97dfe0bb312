"""The scan key on a Copy."""

import re
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from shared_kernel.domain.errors import InvalidValue

_SHAPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,39}")
#: Crockford's: without the letters that are taken for digits.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class InvalidBarcode(InvalidValue):
    code = "invalid_barcode"
    message = (
        "A barcode has 1 to 40 characters (A-Z, a-z, 0-9, . _ : and -) and starts with a letter or digit."
    )
    pointer = "/barcode"


@dataclass(frozen=True, slots=True)
class Barcode:
    """What a scanner reads off a Copy, character by character: leading zeros and case are part of it.

    Blanks around it are dropped. Raises InvalidBarcode.
    """

    text: str

    def __post_init__(self) -> None:
        trimmed = self.text.strip(" \t\r\n")
        if not _SHAPE.fullmatch(trimmed):
            raise InvalidBarcode
        object.__setattr__(self, "text", trimmed)

    @classmethod
    def made_from(cls, id: UUID) -> Self:
        """A barcode for a Copy that came without one: a C and 60 bits of its id, so practically its own."""
        bits = id.int & (1 << 60) - 1
        return cls("C" + "".join(_ALPHABET[bits >> shift & 31] for shift in range(55, -5, -5)))
