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
        "patrons.membership_renewed.v1": lending.allocate_to_patron,
        "patrons.patron_category_changed.v1": lending.allocate_to_patron,
        "patrons.patron_contact_changed.v1": lending.allocate_to_patron,
        "patrons.patron_reinstated.v1": lending.allocate_to_patron,
        "patrons.patron_unblocked.v1": lending.allocate_to_patron,
        "patrons.patron_erased.v1": lending.erase_personal_data,
    },
    "patrons": {
        "lending.book_borrowed.v1": patrons.queue_loan_receipt,
        "lending.book_returned.v1": patrons.queue_return_confirmation,
        "lending.loan_renewed.v1": patrons.queue_renewal_confirmation,
        "lending.loan_due_date_changed.v1": patrons.queue_due_date_change,
        "lending.loan_due_soon.v1": patrons.queue_due_soon_reminder,
        "lending.loan_became_overdue.v1": patrons.withdraw_due_soon_reminder,
        "lending.loan_still_overdue.v1": patrons.queue_overdue_notice,
        "lending.loan_declared_lost.v1": patrons.queue_loss_notice,
        "lending.loan_claimed_returned.v1": patrons.withdraw_reminders,
        "lending.return_undone.v1": patrons.correct_return_confirmation,
        "lending.charge_posted.v1": patrons.queue_charge_notice,
        "lending.charge_refunded.v1": patrons.correct_charge_notice,
        "lending.charge_waived.v1": patrons.queue_waiver_notice,
        "lending.payment_posted.v1": patrons.queue_payment_receipt,
        "lending.hold_became_first.v1": patrons.queue_first_in_queue_notice,
        "lending.hold_ready.v1": patrons.queue_pickup_notice,
        "lending.hold_deadline_changed.v1": patrons.queue_deadline_change,
        "lending.hold_fulfilled.v1": patrons.withdraw_pickup_notice,
        "lending.hold_cancelled.v1": patrons.withdraw_pickup_notice,
        "lending.hold_unallocated.v1": patrons.correct_pickup_notice,
        "lending.hold_expired.v1": patrons.queue_hold_expiry,
        "lending.loan_anonymised.v1": patrons.redact_letters,
        "patrons.membership_expiring.v1": patrons.queue_membership_reminder,
        "patrons.membership_renewed.v1": patrons.withdraw_membership_reminder,
    },
}
