"""Why a copy or a book can't leave the library yet."""

from shared_kernel.domain.errors import Refusal


class StillLent(Refusal):
    """It is on loan; it can leave once it is back."""

    code = "has_open_loans"


class StillHeld(Refusal):
    """It is set aside or waited for; it can leave once nobody holds it any more."""

    code = "has_active_holds"
