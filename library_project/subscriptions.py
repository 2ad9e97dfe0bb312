"""Who listens to what: all choreography between the contexts, on one page."""

import catalog.subscribers as catalog
import lending.subscribers as lending
import patrons.subscribers as patrons
from outbox.subscriptions import Subscriptions

SUBSCRIPTIONS: Subscriptions = {
    "catalog": {
        "lending.book_borrowed.v1": catalog.count_borrowing,
        "lending.hold_copy_not_found.v1": catalog.mark_copy_missing,
    },
    "lending": {
        "catalog.copy_added.v1": lending.allocate_copies,
        "catalog.copy_condition_changed.v1": lending.allocate_copies,
        "patrons.patron_erased.v1": lending.forget_patron,
    },
    "patrons": {
        "lending.book_borrowed.v1": patrons.owe_loan_receipt,
        "lending.book_returned.v1": patrons.owe_return_confirmation,
        "lending.loan_renewed.v1": patrons.owe_renewal_confirmation,
        "lending.loan_due_date_changed.v1": patrons.owe_due_date_change,
        "lending.loan_due_soon.v1": patrons.owe_due_soon_reminder,
        "lending.loan_became_overdue.v1": patrons.withdraw_due_soon_reminder,
        "lending.loan_still_overdue.v1": patrons.owe_overdue_notice,
        "lending.loan_declared_lost.v1": patrons.owe_loss_notice,
        "lending.loan_claimed_returned.v1": patrons.withdraw_reminders,
        "lending.return_undone.v1": patrons.take_return_back,
        "lending.charge_posted.v1": patrons.owe_charge_notice,
        "lending.charge_refunded.v1": patrons.take_charge_back,
        "lending.charge_waived.v1": patrons.owe_waiver_notice,
        "lending.payment_posted.v1": patrons.owe_payment_receipt,
        "lending.hold_became_first.v1": patrons.owe_first_in_queue_notice,
        "lending.hold_ready.v1": patrons.owe_pickup_notice,
        "lending.hold_deadline_changed.v1": patrons.owe_deadline_change,
        "lending.hold_fulfilled.v1": patrons.withdraw_pickup_notice,
        "lending.hold_cancelled.v1": patrons.withdraw_pickup_notice,
        "lending.hold_unallocated.v1": patrons.take_pickup_notice_back,
        "lending.hold_expired.v1": patrons.owe_hold_expiry,
        "lending.loan_anonymised.v1": patrons.forget_letters,
        "patrons.membership_expiring.v1": patrons.owe_membership_reminder,
        "patrons.membership_renewed.v1": patrons.withdraw_membership_reminder,
    },
}
