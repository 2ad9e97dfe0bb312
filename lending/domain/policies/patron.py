"""Rules about the patron alone; borrowing, renewing and holding share them."""

from datetime import date

from lending.domain.standing import BorrowerStanding
from shared_kernel.domain.errors import Refusal


class PatronBlocked(Refusal):
    """The patron is blocked{until_text}: {reason}."""

    code = "patron_blocked"
    pointer = "/patron_card"


class MembershipExpired(Refusal):
    """The patron's membership ended on {expires_on}; renew it first."""

    code = "membership_expired"
    pointer = "/patron_card"


class NoTermsForCategory(Refusal):
    """No circulation rule names the patron category “{category}”; a manager has to add one."""

    code = "no_terms_for_category"
    pointer = "/patron_card"


def patron_is_not_blocked(patron: BorrowerStanding, *, today: date) -> Refusal | None:
    """A block holds to the end of its last day, a suspension until it is lifted."""
    for block in sorted(patron.blocks, key=lambda it: it.until is not None):
        if block.until is None or today <= block.until:
            until = block.until.isoformat() if block.until else None
            return PatronBlocked(
                reason=block.reason.rstrip("."), until=until, until_text=f" until {until}" if until else ""
            )
    return None


def membership_is_running(patron: BorrowerStanding, *, today: date) -> Refusal | None:
    """A membership runs to the end of its last day."""
    ends_on = patron.expires_on
    return MembershipExpired(expires_on=ends_on.isoformat()) if ends_on and today > ends_on else None
