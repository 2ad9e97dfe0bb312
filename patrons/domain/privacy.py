"""How long the library remembers whose a past loan was: the patron's own choice."""

from enum import StrEnum

from shared_kernel.domain.errors import InvalidValue


class UnknownPrivacy(InvalidValue):
    code = "unknown_privacy"
    message = "“{privacy}” is not a privacy choice. Use default, forever or never."
    pointer = "/privacy"


class Privacy(StrEnum):
    """As long as the library usually does; for ever, as one's reading history; or not at all."""

    DEFAULT = "default"
    FOREVER = "forever"
    NEVER = "never"

    @classmethod
    def parse(cls, text: str) -> "Privacy":
        """The choice of this name. Raises UnknownPrivacy."""
        try:
            return cls(text)
        except ValueError:
            raise UnknownPrivacy(privacy=text) from None
