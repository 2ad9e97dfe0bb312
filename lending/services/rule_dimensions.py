"""Validates the dimensions of a rule: an existing branch and category, and any item type."""

from lending.domain.circulation_rule import Dimensions
from lending.services.ports import LendingWork, PatronDirectory, UnknownBranch, UnknownCategory
from shared_kernel.domain.errors import Refusal, Refused


def validated_dimensions(
    *,
    branch: str | None,
    category: str | None,
    item_type: str | None,
    work: LendingWork,
    patrons: PatronDirectory,
) -> Dimensions:
    """These dimensions of a rule; None stands for all.

    Raises RuleItemTypeInvalid, and Refused with UnknownBranch, UnknownCategory or both.
    """
    dimensions = Dimensions(branch=branch, category=category, item_type=item_type)
    refusals: list[Refusal] = []
    if branch is not None and not work.calendars.knows(branch):
        refusals.append(UnknownBranch(branch=branch))
    if category is not None and category not in patrons.categories():
        refusals.append(UnknownCategory(category=category))
    if refusals:
        raise Refused(*refusals)
    return dimensions
