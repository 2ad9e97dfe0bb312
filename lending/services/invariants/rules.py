"""The invariants of rules, branches and calendars."""

from collections.abc import Sequence

from django.db.models import Exists, F, OuterRef

from lending.domain.loan_terms import REQUIRED_VALUES
from lending.models import (
    AccountRow,
    BranchRow,
    CirculationRuleRow,
    ClosureRow,
    HoldQueueRow,
    InHouseUseRow,
    LoanRow,
    RuleVersionRow,
)
from outbox.invariants import orphaned_events, rows_without_event
from shared_kernel.services.invariants import Invariant, Rows

_FALLBACK = {"branch": "", "category": "", "item_type": ""}


def one_rule_fills_what_others_leave_open() -> Rows:
    """There is a rule for all loans, and it gives every value."""
    complete = CirculationRuleRow.objects.filter(**_FALLBACK, values__has_keys=sorted(REQUIRED_VALUES))
    return [] if complete.exists() else [{"rule": "all / all / all"}]


def a_rule_is_its_latest_version() -> Rows:
    """What a rule says is what its latest version on record says."""
    versions = RuleVersionRow.objects.filter(rule_id=OuterRef("pk"), version=OuterRef("version"))
    same = versions.filter(values=OuterRef("values"), set_by=OuterRef("set_by"))
    later = RuleVersionRow.objects.filter(rule_id=OuterRef("pk"), version__gt=OuterRef("version"))
    rules = CirculationRuleRow.objects.order_by()
    return rules.filter(~Exists(same) | Exists(later)).values("id", "version")


def a_closure_ends_after_it_begins() -> Rows:
    """A closure does not end before it begins."""
    return ClosureRow.objects.filter(last_on__lt=F("first_on")).order_by().values("id")


def a_rule_is_as_its_last_event_left_it() -> Rows:
    """A rule's version is that of its latest event."""
    return rows_without_event(CirculationRuleRow.objects.all())


def a_branch_is_as_its_last_event_left_it() -> Rows:
    """A branch's version is that of its latest event."""
    return rows_without_event(BranchRow.objects.all())


def an_event_is_of_something_that_circulates() -> Rows:
    """Lending's events tell of loans, queues, accounts, uses, rules and branches that are there."""
    tables = (LoanRow, HoldQueueRow, AccountRow, InHouseUseRow, CirculationRuleRow, BranchRow)
    return orphaned_events(("lending.",), *tables)


def invariants() -> Sequence[Invariant]:
    """Those of rules and branches, and of lending's events."""
    functions = (
        one_rule_fills_what_others_leave_open,
        a_rule_is_its_latest_version,
        a_closure_ends_after_it_begins,
        a_rule_is_as_its_last_event_left_it,
        a_branch_is_as_its_last_event_left_it,
        an_event_is_of_something_that_circulates,
    )
    return [Invariant.of("lending", function) for function in functions]
