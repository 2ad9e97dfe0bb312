"""How the domain says no: a refusal is a fact with a stable code, a sentence and its parameters."""

from collections.abc import Callable
from typing import ClassVar, get_args, get_type_hints


class Refused(Exception):
    """A command was refused. `refusals` holds every reason, not only the first that was met."""

    def __init__(self, *refusals: "Refusal") -> None:
        super().__init__(*refusals)
        self.refusals: tuple[Refusal, ...] = refusals

    def __str__(self) -> str:
        return "; ".join(refusal.detail for refusal in self.refusals)


class Refusal(Refused):
    """One reason why a command is refused, by the state of things or by a rule.

    `code` is public and never changes. `message` is the sentence people read; `{name}` in it is filled from
    the parameters. `message_at_zero` replaces it where the parameter `limit` is zero. `pointer` names the
    input at fault, if one is.
    """

    code: ClassVar[str]
    message: ClassVar[str]
    message_at_zero: ClassVar[str | None] = None
    pointer: str | None = None

    def __init__(self, **params: object) -> None:
        super().__init__(self)
        self.params = params

    @property
    def detail(self) -> str:
        """The sentence for people, on one line whatever the parameters hold."""
        at_zero = self.message_at_zero if self.params.get("limit") == 0 else None
        return " ".join((at_zero or self.message).format_map(self.params).split())


class InvalidValue(Refusal):
    """A value can be read but breaks a rule of the domain, whatever the state of things is."""

    code = "invalid"
    message = "This value is not valid."


class NotFound(Refusal):
    """Nothing has this id, or the asker may not see it."""

    code = "not_found"
    message = "There is nothing with this id."


class ConcurrentChange(Refusal):
    """Another transaction changed the same aggregate first; `dispatch` tries again."""

    code = "concurrent_change"
    message = "Someone else changed this at the same time. Reload and try again."


class PreconditionFailed(Refusal):
    """The aggregate is no longer at the version that the asker has seen (If-Match)."""

    code = "precondition_failed"
    message = "This was changed since you loaded it and is now at version {version}. Reload and try again."


def refusals_of(*policies: Callable[..., Refusal | None]) -> tuple[type[Refusal], ...]:
    """The refusals that policies may answer with, as their return annotations name them."""
    answers = [get_args(get_type_hints(policy)["return"]) for policy in policies]
    return tuple(kind for kinds in answers for kind in kinds if issubclass(kind, Refusal))
