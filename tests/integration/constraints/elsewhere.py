"""Rows that break a constraint of patrons, of the outbox or of what all contexts share."""

from datetime import date
from uuid import uuid4

from outbox.models import InboxEntry, OutboxMessage, QuarantinedMessage
from patrons.models import CategoryRow, NoticeRow, PatronRow, WordingRow
from shared_kernel.models import ApiToken, AuditEntry, Breaker, IdempotencyRecord
from tests.integration.constraints.rows import Example

_ONE, _OTHER = uuid4(), uuid4()
_PATRON = {"category_id": "regular", "blocks": []}
_NOTICE = {"event_id": _ONE, "kind": "loan_receipt", "channel": "email"}
_EVENT = {"aggregate_id": _ONE, "aggregate_version": 1}

PATRONS = {
    "patrons_category_code_given": Example(model=CategoryRow, breaks=({"code": ""},)),
    "patrons_one_patron_per_card": Example(
        model=PatronRow, valid=_PATRON, passes=({"card_number": "P1"}, {}), breaks=({"card_number": "P1"},)
    ),
    "patrons_one_patron_per_email": Example(
        model=PatronRow,
        valid=_PATRON,
        passes=({"email": "a@example.org"},),
        breaks=({"email": "a@example.org"},),
    ),
    "patrons_name_given": Example(model=PatronRow, valid=_PATRON, breaks=({"name": ""},)),
    "patrons_email_given": Example(model=PatronRow, valid=_PATRON, breaks=({"email": ""},)),
    "patrons_card_given": Example(model=PatronRow, valid=_PATRON, breaks=({"card_number": ""},)),
    "patrons_privacy_known": Example(
        model=PatronRow, valid=_PATRON, breaks=({"privacy": "secret"}, {"privacy": ""})
    ),
    "patrons_birth_date_plausible": Example(
        model=PatronRow,
        valid=_PATRON,
        passes=({"birth_date": date(1900, 1, 1)}, {"birth_date": None}),
        breaks=({"birth_date": date(1899, 12, 31)},),
    ),
    "patrons_patronrow.login_id": Example(
        model=PatronRow,
        valid=_PATRON,
        passes=({"login_id": 77}, {"login_id": None}, {"login_id": None}),
        breaks=({"login_id": 77},),
    ),
    "patrons_one_notice_per_event": Example(
        model=NoticeRow,
        valid=_NOTICE,
        passes=({}, {"event_id": _OTHER}, {"kind": "overdue"}, {"channel": "sms"}),
        breaks=({}, {"kind": "overdue"}, {"channel": "sms"}),
    ),
    "patrons_notice_state_known": Example(
        model=NoticeRow,
        passes=tuple({"state": state} for state in NoticeRow.State.values),
        breaks=({"state": "dreaming"}, {"state": ""}),
    ),
    "patrons_one_wording_per_version": Example(
        model=WordingRow,
        valid={"kind": "loan_receipt", "language": "en", "version": 1},
        passes=({}, {"kind": "overdue"}, {"language": "de"}, {"version": 2}),
        breaks=({}, {"version": 2}),
    ),
}

OUTBOX = {
    "outbox_one_event_per_version": Example(
        model=OutboxMessage,
        passes=(_EVENT, {**_EVENT, "aggregate_version": 2}, {**_EVENT, "aggregate_id": _OTHER}),
        breaks=(_EVENT, {**_EVENT, "aggregate_version": 2}),
    ),
    "outbox_outboxmessage.event_id": Example(
        model=OutboxMessage, passes=({"event_id": _ONE}, {}), breaks=({"event_id": _ONE},)
    ),
    "inbox_one_receipt_per_event": Example(
        model=InboxEntry,
        passes=({"consumer": "a", "event_id": _ONE}, {"consumer": "b", "event_id": _ONE}, {"consumer": "a"}),
        breaks=({"consumer": "a", "event_id": _ONE},),
    ),
    "quarantine_each_message_once": Example(
        model=QuarantinedMessage,
        passes=({"consumer": "a", "digest": "x"}, {"consumer": "b", "digest": "x"}, {"consumer": "a"}),
        breaks=({"consumer": "a", "digest": "x"},),
    ),
}

KERNEL = {
    "kernel_one_receipt_per_key": Example(
        model=IdempotencyRecord,
        passes=({"principal": "a", "key": "x"}, {"principal": "b", "key": "x"}, {"principal": "a"}),
        breaks=({"principal": "a", "key": "x"},),
    ),
    "kernel_audit_outcome_known": Example(
        model=AuditEntry,
        passes=tuple({"outcome": outcome} for outcome in ("done", "refused", "denied")),
        breaks=({"outcome": "odd"}, {"outcome": ""}),
    ),
    "shared_kernel_apitoken.digest": Example(
        model=ApiToken, passes=({"digest": "x"}, {}), breaks=({"digest": "x"},)
    ),
    "kernel_breaker_state_known": Example(
        model=Breaker,
        passes=tuple({"state": state} for state in ("closed", "open", "half_open")),
        breaks=({"state": "ajar"}, {"state": ""}),
    ),
    "kernel_breaker_held_is_open": Example(
        model=Breaker,
        passes=({"held_open": True, "state": "open"},),
        breaks=({"held_open": True, "state": "closed"}, {"held_open": True, "state": "half_open"}),
    ),
}
