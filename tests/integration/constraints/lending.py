"""Rows that break a constraint of lending."""

from uuid import uuid4

from lending.domain.loan_terms import REQUIRED_VALUES
from lending.models import (
    AccountRow,
    BranchRow,
    CirculationRuleRow,
    ClosureRow,
    ConfigurationRow,
    HoldQueueRow,
    HoldRow,
    LedgerEntryRow,
    LoanRow,
    RuleVersionRow,
)
from tests.integration.constraints.rows import AT, BEFORE, LATER, ON, Example

_ONE, _OTHER = uuid4(), uuid4()
_LOAN = {"patron_id": _ONE, "state": "open", "borrowed_at": AT, "due_at": LATER, "terms": {}}
_RETURNED = {"state": "returned", "returned_at": LATER}
_LOST = {"state": "lost"}
_CLAIMED = {"state": "claimed_returned"}
_WAITING = {"state": "waiting", "patron_id": _ONE}
_ALLOCATED = {"state": "allocated", "copy_id": _ONE}
_READY = {"state": "ready", "copy_id": _ONE, "pickup_deadline_at": LATER}
_ENDED = ({"state": "fulfilled"}, {"state": "cancelled"}, {"state": "expired"})
_RULE = {"branch": "MAIN", "category": "pirate", "item_type": "book"}
_FINE = {"kind": "overdue", "loan_id": _ONE, "due_version": 1}
_CHARGES = ({"kind": "overdue"}, {"kind": "lost"}, {"kind": "processing"})
_CREDITS = ({"kind": "payment"}, {"kind": "waiver"}, {"kind": "refund"})

LENDING = {
    "lending_one_branch_per_code": Example(
        model=BranchRow, passes=({"code": "EAST"},), breaks=({"code": "EAST"},)
    ),
    "lending_closure_ends_after_it_begins": Example(
        model=ClosureRow,
        passes=({"first_on": ON, "last_on": ON},),
        breaks=({"last_on": ON.replace(year=2029)},),
    ),
    "lending_one_rule_per_dimensions": Example(
        model=CirculationRuleRow,
        valid=_RULE,
        passes=({}, {"branch": ""}, {"category": ""}, {"item_type": ""}),
        breaks=({}, {"branch": ""}, {"category": ""}, {"item_type": ""}),
    ),
    "lending_fallback_rule_is_complete": Example(
        model=CirculationRuleRow,
        valid={"branch": "", "category": "", "item_type": ""},
        passes=(_RULE,),
        breaks=tuple(
            {"values": dict.fromkeys(REQUIRED_VALUES - {missing}, 1)} for missing in sorted(REQUIRED_VALUES)
        ),
    ),
    "lending_one_row_per_rule_version": Example(
        model=RuleVersionRow,
        valid={"rule_id": _ONE},
        passes=({}, {"version": 2}, {"rule_id": _OTHER}),
        breaks=({}, {"version": 2}),
    ),
    "lending_one_configuration": Example(model=ConfigurationRow, passes=(), breaks=({"id": 2}, {"id": 0})),
    "lending_hold_queue.book_id": Example(
        model=HoldQueueRow, passes=({"book_id": _ONE}, {}), breaks=({"book_id": _ONE},)
    ),
    "lending_one_active_hold_per_book_and_patron": Example(
        model=HoldRow,
        valid={"patron_id": _ONE, "book_id": _ONE},
        passes=(_WAITING, *({**ended, "rank": 1} for ended in _ENDED), {**_WAITING, "book_id": _OTHER}),
        breaks=({**_WAITING, "rank": 2}, {**_ALLOCATED, "rank": 3}, {**_READY, "rank": 4}),
    ),
    "lending_one_hold_served_per_copy": Example(
        model=HoldRow,
        valid={"patron_id": _ONE, "copy_id": _ONE},
        passes=(_ALLOCATED, *_ENDED),
        breaks=(_ALLOCATED, _READY),
    ),
    "lending_one_hold_per_place": Example(
        model=HoldRow,
        valid={"book_id": _ONE, "rank": 1},
        passes=({**_WAITING}, *_ENDED, {**_WAITING, "patron_id": _OTHER, "rank": 2}),
        breaks=tuple({**state, "patron_id": uuid4()} for state in (_WAITING, _ALLOCATED, _READY)),
    ),
    "lending_hold_state_agrees_with_copy": Example(
        model=HoldRow,
        valid={"patron_id": _ONE},
        passes=(_WAITING, *_ENDED, *({**ended, "copy_id": _ONE} for ended in _ENDED)),
        breaks=(
            {**_WAITING, "copy_id": _ONE},
            {**_ALLOCATED, "copy_id": None},
            {**_READY, "copy_id": None},
            {**_READY, "pickup_deadline_at": None},
            {"state": "dreaming"},
        ),
    ),
    "lending_active_hold_is_somebodys": Example(
        model=HoldRow,
        passes=_ENDED,
        breaks=tuple({**state, "patron_id": None} for state in (_WAITING, _ALLOCATED, _READY)),
    ),
    "lending_one_outstanding_loan_per_copy": Example(
        model=LoanRow,
        valid={**_LOAN, "copy_id": _ONE},
        passes=({}, _RETURNED, _RETURNED),
        breaks=({}, _LOST, _CLAIMED),
    ),
    "lending_due_after_borrowed": Example(
        model=LoanRow, valid=_LOAN, breaks=({"due_at": AT}, {"due_at": BEFORE})
    ),
    "lending_returned_not_before_borrowed": Example(
        model=LoanRow,
        valid=_LOAN | _RETURNED,
        passes=({}, {"returned_at": AT}),
        breaks=({"returned_at": BEFORE},),
    ),
    "lending_loan_state_agrees_with_return": Example(
        model=LoanRow,
        valid=_LOAN,
        passes=({}, _RETURNED, _LOST, _CLAIMED),
        breaks=(
            {"returned_at": LATER},
            {**_LOST, "returned_at": LATER},
            {**_CLAIMED, "returned_at": LATER},
            {"state": "returned"},
            {"state": "dreaming"},
        ),
    ),
    "lending_only_ended_loans_are_anonymous": Example(
        model=LoanRow,
        valid=_LOAN,
        passes=({}, _RETURNED, {**_RETURNED, "patron_id": None, "anonymised_at": LATER}),
        breaks=(
            *({**state, "patron_id": None, "anonymised_at": LATER} for state in ({}, _LOST, _CLAIMED)),
            {**_RETURNED, "patron_id": None},
            {**_RETURNED, "anonymised_at": LATER},
        ),
    ),
    "lending_account.patron_id": Example(
        model=AccountRow, passes=({"patron_id": _ONE}, {}), breaks=({"patron_id": _ONE},)
    ),
    "lending_ledger_is_in_order": Example(
        model=LedgerEntryRow,
        valid={"account_id": _ONE, "kind": "lost"},
        passes=({"number": 1}, {"number": 2}, {"number": 1, "account_id": _OTHER}),
        breaks=({"number": 2},),
    ),
    "lending_one_fine_per_due_date": Example(
        model=LedgerEntryRow,
        passes=(_FINE, {**_FINE, "due_version": 2}, {**_FINE, "loan_id": _OTHER}, {**_FINE, "kind": "lost"}),
        breaks=(_FINE, {**_FINE, "due_version": 2}),
    ),
    "lending_charges_add_and_credits_take": Example(
        model=LedgerEntryRow,
        passes=(*_CHARGES, *({**credit, "amount_minor": -1} for credit in _CREDITS)),
        breaks=(
            *({**charge, "amount_minor": amount} for charge in _CHARGES for amount in (0, -1)),
            *({**credit, "amount_minor": amount} for credit in _CREDITS for amount in (0, 1)),
            {"kind": "gift"},
        ),
    ),
}
