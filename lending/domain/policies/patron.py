"""Policies about the patron alone, shared by borrowing, renewing and holding."""

from datetime import date

from lending.domain.standing import BorrowerStanding
from shared_kernel.domain.days import format_day
from shared_kernel.domain.errors import Refusal


class PatronBlocked(Refusal):
    code = "patron_blocked"
    message = "The patron is blocked{until_text}: {reason}."
    pointer = "/patron_card"


class MembershipExpired(Refusal):
    code = "membership_expired"
    message = "The patron's membership ended on {day}. Renew it first."
    pointer = "/patron_card"


class TooYoung(Refusal):
    code = "too_young"
    message = "The patron must be at least {min_age} years old."
    pointer = "/patron_card"


class AgeUnknown(Refusal):
    code = "age_unknown"
    message = "The patron must be at least {min_age} years old, but no date of birth is on record."
    pointer = "/patron_card"


class NoTermsForCategory(Refusal):
    code = "no_terms_for_category"
    message = "No circulation rule covers the patron category “{category}”. A manager has to add one."
    pointer = "/patron_card"


def patron_is_not_blocked(patron: BorrowerStanding, *, today: date) -> PatronBlocked | None:
    """A block applies until the end of its last day, a suspension until it is lifted."""
    for block in sorted(patron.blocks, key=lambda it: it.until is not None):
        if block.until is None or today <= block.until:
            until = block.until.isoformat() if block.until else None
            shown = f" until {format_day(block.until)}" if block.until else ""
            return PatronBlocked(reason=block.reason.rstrip("."), until=until, until_text=shown)
    return None


def membership_is_running(patron: BorrowerStanding, *, today: date) -> MembershipExpired | None:
    """A membership runs to the end of its last day."""
    ends_on = patron.expires_on
    if ends_on is None or today <= ends_on:
        return None
    return MembershipExpired(expires_on=ends_on.isoformat(), day=format_day(ends_on))


def patron_is_old_enough(
    patron: BorrowerStanding, min_age: int | None, *, today: date
) -> TooYoung | AgeUnknown | None:
    """The terms may set a minimum age."""
    return age_limit(patron.age_on(today), min_age)


def age_limit(age: int | None, min_age: int | None) -> TooYoung | AgeUnknown | None:
    """Whether the age is below the minimum. Nobody is assumed to be old enough: None is an unknown age."""
    if min_age is None:
        return None
    if age is None:
        return AgeUnknown(min_age=min_age)
    return TooYoung(min_age=min_age) if age < min_age else None
