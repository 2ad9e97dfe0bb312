"""What is written about rule values follows from their one table."""

from pathlib import Path

from lending.domain.loan_terms import RULE_VALUES
from lending.management.commands.describe_rules import document

ROOT = Path(__file__).parents[2]


def test_the_page_of_rules_is_up_to_date() -> None:
    assert (ROOT / "docs/circulation-rules.md").read_text() == document(), "run `manage.py describe_rules`"


def test_each_value_says_what_it_means() -> None:
    assert all(value.label and value.meaning.endswith(".") for value in RULE_VALUES.values())
