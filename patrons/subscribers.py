"""Subscribers: queue the notices that events call for, and withdraw those that are no longer true."""

from uuid import UUID

from outbox.envelope import ReceivedEvent
from patrons.domain.notice import KINDS
from patrons.services.commands.forget_loan_letters import ForgetLoanLetters
from patrons.services.commands.queue_notice import QueueNotice
from patrons.services.commands.withdraw_notices import WithdrawNotices
from shared_kernel.services.commands import dispatch

#: Notices that are no longer true once a loan has another due date, or none.
_OF_A_DUE_DATE = ("due_soon", "due_date_changed", "overdue", "loan_lost", "return_undone")
#: Notices that are no longer true once a hold has another deadline, or none.
_OF_A_DEADLINE = ("hold_ready", "hold_deadline_changed")


def queue_loan_receipt(event: ReceivedEvent) -> None:
    """`lending.book_borrowed.v1`: a receipt with the due date."""
    _queue("loan_receipt", event, about=event.subject)


def queue_return_confirmation(event: ReceivedEvent) -> None:
    """`lending.book_returned.v1`: a confirmation; reminders of the due date are withdrawn."""
    _withdraw(*_OF_A_DUE_DATE, about=event.subject)
    _queue("return_confirmation", event, about=event.subject)


def queue_renewal_confirmation(event: ReceivedEvent) -> None:
    """`lending.loan_renewed.v1`: a letter with the new due date; those with the old one are withdrawn."""
    _withdraw(*_OF_A_DUE_DATE, about=event.subject)
    _queue("renewal_confirmation", event, about=event.subject)


def queue_due_date_change(event: ReceivedEvent) -> None:
    """`lending.loan_due_date_changed.v1`: a letter with the new due date; earlier ones are withdrawn."""
    _withdraw(*_OF_A_DUE_DATE, about=event.subject)
    _queue("due_date_changed", event, about=event.subject)


def queue_due_soon_reminder(event: ReceivedEvent) -> None:
    """`lending.loan_due_soon.v1`: a reminder."""
    _queue("due_soon", event, about=event.subject)


def withdraw_due_soon_reminder(event: ReceivedEvent) -> None:
    """`lending.loan_became_overdue.v1`: no longer due soon, so that reminder is withdrawn."""
    _withdraw("due_soon", about=event.subject)


def queue_overdue_notice(event: ReceivedEvent) -> None:
    """`lending.loan_still_overdue.v1`: a reminder every few days."""
    _queue("overdue", event, about=event.subject)


def withdraw_reminders(event: ReceivedEvent) -> None:
    """`lending.loan_claimed_returned.v1`: reminders are withdrawn."""
    _withdraw(*_OF_A_DUE_DATE, about=event.subject)


def queue_loss_notice(event: ReceivedEvent) -> None:
    """`lending.loan_declared_lost.v1`: a letter; reminders are withdrawn."""
    _withdraw(*_OF_A_DUE_DATE, about=event.subject)
    _queue("loan_lost", event, about=event.subject)


def correct_return_confirmation(event: ReceivedEvent) -> None:
    """`lending.return_undone.v1`: withdraws the confirmation, or corrects it if it was sent."""
    _withdraw("return_confirmation", about=event.subject)
    _queue("return_undone", event, about=event.subject, corrects=("return_confirmation",))


def queue_charge_notice(event: ReceivedEvent) -> None:
    """`lending.charge_posted.v1`: a letter with the charge, its reason and the balance."""
    _queue("charge", event, about=UUID(event.data["entry_id"]))


def correct_charge_notice(event: ReceivedEvent) -> None:
    """`lending.charge_refunded.v1`: withdraws the letter, or corrects it if it was sent."""
    _withdraw("charge", about=_charge(event))
    _queue("charge_refunded", event, about=_charge(event), corrects=("charge",))


def queue_waiver_notice(event: ReceivedEvent) -> None:
    """`lending.charge_waived.v1`: a letter with the amount that was waived."""
    _queue("charge_waived", event, about=_charge(event))


def queue_payment_receipt(event: ReceivedEvent) -> None:
    """`lending.payment_posted.v1`: a receipt."""
    _queue("payment_receipt", event)


def queue_first_in_queue_notice(event: ReceivedEvent) -> None:
    """`lending.hold_became_first.v1`: a letter that the next copy is theirs.

    None if the hold was the first when it was placed: the answer has just said so.
    """
    if event.data.get("has_advanced", True):  # older events don't say
        _queue("hold_first", event, about=_hold(event))


def queue_pickup_notice(event: ReceivedEvent) -> None:
    """`lending.hold_ready.v1`: a letter with the branch and the deadline."""
    _withdraw("hold_first", "hold_unallocated", about=_hold(event))
    _queue("hold_ready", event, about=_hold(event))


def queue_deadline_change(event: ReceivedEvent) -> None:
    """`lending.hold_deadline_changed.v1`: a letter with the new deadline; earlier ones are withdrawn."""
    _withdraw(*_OF_A_DEADLINE, about=_hold(event))
    _queue("hold_deadline_changed", event, about=_hold(event))


def queue_hold_expiry(event: ReceivedEvent) -> None:
    """`lending.hold_expired.v1`: a letter that the copy is no longer kept for them."""
    _withdraw(*_OF_A_DEADLINE, about=_hold(event))
    _queue("hold_expired", event, about=_hold(event))


def withdraw_pickup_notice(event: ReceivedEvent) -> None:
    """`lending.hold_fulfilled.v1`, `…cancelled.v1`: letters about the pickup are withdrawn."""
    _withdraw(*_OF_A_DEADLINE, "hold_first", "hold_unallocated", about=_hold(event))


def correct_pickup_notice(event: ReceivedEvent) -> None:
    """`lending.hold_unallocated.v1`: withdraws the letter, or corrects it if it was sent."""
    _withdraw(*_OF_A_DEADLINE, about=_hold(event))
    _queue("hold_unallocated", event, about=_hold(event), corrects=_OF_A_DEADLINE)


def redact_letters(event: ReceivedEvent) -> None:
    """`lending.loan_anonymised.v1`: the letters about the loan and its holds are emptied."""
    holds = (UUID(hold) for hold in event.data["hold_ids"])
    dispatch(ForgetLoanLetters(about=(event.subject, *holds)))


def queue_membership_reminder(event: ReceivedEvent) -> None:
    """`patrons.membership_expiring.v1`: a reminder to renew."""
    _queue("membership_expiring", event, about=event.subject, patron=event.subject)


def withdraw_membership_reminder(event: ReceivedEvent) -> None:
    """`patrons.membership_renewed.v1`: the reminder of the old last day is withdrawn."""
    _withdraw("membership_expiring", about=event.subject)


def _queue(
    kind: str,
    event: ReceivedEvent,
    *,
    about: UUID | None = None,
    patron: UUID | None = None,
    corrects: tuple[str, ...] = (),
) -> None:
    facts = {name: event.data[name] for name in KINDS[kind].tells if name in event.data}
    reader = patron or UUID(event.data["patron_id"])
    dispatch(
        QueueNotice(event_id=event.id, kind=kind, patron=reader, params=facts, about=about, corrects=corrects)
    )


def _withdraw(*kinds: str, about: UUID) -> None:
    dispatch(WithdrawNotices(about=about, kinds=kinds))


def _hold(event: ReceivedEvent) -> UUID:
    return UUID(event.data["hold_id"])


def _charge(event: ReceivedEvent) -> UUID:
    return UUID(event.data["charge_id"])
