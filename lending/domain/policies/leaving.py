"""Whether a copy can be withdrawn or a book removed."""

from shared_kernel.domain.errors import Refusal


class StillLent(Refusal):
    code = "has_open_loans"
    message = "The copy is on loan. Return it first."


class StillHeld(Refusal):
    code = "has_active_holds"
    message = "The copy is held or its book is waited for. Cancel the holds first."
