"""Sets a circulation rule."""

from collections.abc import Mapping
from dataclasses import dataclass

from lending.domain.circulation_rule import FallbackRuleIncomplete, RuleItemTypeInvalid
from lending.domain.rule_values import InvalidRuleValue
from lending.services.gateways import Gateways
from lending.services.ports import LendingWork, UnknownBranch, UnknownCategory
from lending.services.rule_details import RuleDetails
from lending.services.rule_dimensions import validated_dimensions
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import PreconditionFailed
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects, current_context


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRule(Command[RuleDetails]):
    """Replace the values of the rule for these dimensions (None: all); those not given are inherited.

    `version` is the expected version; None skips the check.
    """

    refusals = (
        UnknownBranch,
        UnknownCategory,
        RuleItemTypeInvalid,
        InvalidRuleValue,
        FallbackRuleIncomplete,
        PreconditionFailed,
    )

    branch: str | None = None
    category: str | None = None
    item_type: str | None = None
    values: Mapping[str, object]
    reason: str = ""
    version: int | None = None


def set_rule(command: SetRule, work: LendingWork, *, gateways: Gateways, clock: Clock) -> RuleDetails:
    """Set it. Existing loans keep their terms.

    Raises UnknownBranch, UnknownCategory, RuleItemTypeInvalid, InvalidRuleValue, FallbackRuleIncomplete and
    PreconditionFailed.
    """
    dimensions = validated_dimensions(
        branch=command.branch,
        category=command.category,
        item_type=command.item_type,
        work=work,
        patrons=gateways.patrons,
    )
    bind_audit_subjects(rule=dimensions.rule_id)
    rule = work.rules.of(dimensions)
    rule.require_version(command.version)
    rule.set(command.values, at=clock.now(), by=current_context().principal, reason=command.reason)
    return RuleDetails.of(rule)
