"""Events of circulation rules."""

from dataclasses import dataclass
from typing import ClassVar

from lending.domain.rule_values import RuleValue
from shared_kernel.domain.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChanged(DomainEvent):
    """A circulation rule changed, for a branch, category and item type (None: all of them)."""

    type: ClassVar[str] = "lending.rule_changed.v1"

    branch: str | None
    category: str | None
    item_type: str | None
    values: dict[str, RuleValue]
