"""Who listens to what: all choreography between the contexts, on one page."""

import catalog.subscribers as catalog
import lending.subscribers as lending
import patrons.subscribers as patrons
from outbox.subscriptions import Subscriptions

SUBSCRIPTIONS: Subscriptions = {
    "catalog": {
        "lending.book_borrowed.v1": catalog.count_borrowing,
    },
    "lending": {
        "catalog.copy_added.v1": lending.allocate_copies,
        "catalog.copy_condition_changed.v1": lending.allocate_copies,
    },
    "patrons": {
        "lending.book_borrowed.v1": patrons.owe_loan_receipt,
        "lending.book_returned.v1": patrons.owe_return_confirmation,
    },
}
