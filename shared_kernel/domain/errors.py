"""How the domain says no: a refusal is a fact with a stable code, a sentence and its parameters."""

import inspect
from typing import ClassVar


class Refused(Exception):
    """A command was refused. `refusals` holds every reason, not only the first that was met."""

    def __init__(self, *refusals: "Refusal") -> None:
        super().__init__(*refusals)
        self.refusals: tuple[Refusal, ...] = refusals

    def __str__(self) -> str:
        return "; ".join(refusal.detail for refusal in self.refusals)


class Refusal(Refused):
    """One reason why a command is refused, by the state of things or by a rule.

    A subclass's docstring is the sentence people read; `{name}` in it is filled from the parameters.
    `code` is public and never changes. `pointer` names the input at fault, if one is.
    """

    code: ClassVar[str]
    pointer: ClassVar[str | None] = None

    def __init__(self, **params: object) -> None:
        super().__init__(self)
        self.params = params

    @property
    def detail(self) -> str:
        """The sentence for people, with the parameters filled in."""
        return " ".join((inspect.getdoc(type(self)) or self.code).format_map(self.params).split())


class InvalidValue(Refusal):
    """A value can be read but breaks a rule of the domain whatever the state of things is."""

    code = "invalid"


class NotFound(Refusal):
    """Nothing is known under this id, or it isn't the asker's to see."""

    code = "not_found"


class ConcurrentChange(Refusal):
    """Somebody else changed this at the same moment; look again and repeat."""

    code = "concurrent_change"


class PreconditionFailed(Refusal):
    """This has changed since you looked and is at version {version} now; look again and repeat."""

    code = "precondition_failed"
