from pathlib import Path

from django.conf import settings

from lending.domain.loan_terms import RULE_VALUES, RuleValueDefinition
from shared_kernel.management.base_command import LibraryCommand

_HEAD = """# Circulation rules

A rule is a row of branch, category and item type, each given or left open. The most specific row that gives
a value decides it: the branch weighs more than the category, the category more than the item type. The row
that leaves all three open fills in the rest and can't be deleted. `"none"` means no limit; a value that a row
leaves out is inherited.

Rules are edited at `/admin/lending/circulationrulerow/` (with a preview) and by `PUT /api/v1/rules`;
`GET /api/v1/rules/explain` says which row gives each value.

This table is written by `manage.py describe_rules` from [`LoanTerms`](../lending/domain/loan_terms.py).

| Value | Applies to | Meaning | May be | Default |
|---|---|---|---|---|
"""


def document() -> str:
    """docs/circulation-rules.md as it should be."""
    return _HEAD + "".join(_line(value) for value in RULE_VALUES.values())


def _line(value: RuleValueDefinition) -> str:
    cells = (
        f"`{value.name}`",
        value.applies_to,
        value.meaning,
        value.type.expected,
        f"`{value.default_value}`",
    )
    return f"| {' | '.join(cells)} |\n"


class Command(LibraryCommand):
    help = "Write docs/circulation-rules.md from the table of rule values."

    def run(self) -> None:
        """Write the page."""
        page: Path = settings.BASE_DIR / "docs" / "circulation-rules.md"
        page.write_text(document())
        self.stdout.write(f"{len(RULE_VALUES)} rule values.")
