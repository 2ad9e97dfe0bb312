"""Validation of the commands about patrons: every refusal at once."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

from patrons.domain.card_number import CardNumber
from patrons.domain.email_address import EmailAddress
from patrons.domain.patron import DuplicateCardNumber, DuplicateEmail, UnknownBranch, UnknownCategory
from patrons.services.ports import CirculationFacts, PatronsWork
from shared_kernel.domain.errors import Refusal, Refused


def raise_refusals(refusals: Iterable[Refusal]) -> None:
    """Raise Refused with all of them, if there is any."""
    if found := list(refusals):
        raise Refused(*found)


def parse_errors(
    *typed: tuple[Callable[[Any], object], object],
) -> Iterator[Refusal]:  # each parser's own type
    """The refusals of each parser for its value; None is skipped."""
    for parse, given in typed:
        try:
            given is None or parse(given)
        except Refused as refused:
            yield from refused.refusals


def rule_violations(
    work: PatronsWork,
    circulation: CirculationFacts,
    *,
    category: str | None = None,
    home_branch: str | None = None,
    email: str | None = None,
    card_number: str | None = None,
    of: UUID | None = None,
) -> Iterator[Refusal]:
    """Unknown references, and values that belong to a patron other than `of`."""
    if category is not None and not work.categories.knows(category):
        yield UnknownCategory(category=category)
    if home_branch is not None and not circulation.knows_branch(home_branch):
        yield UnknownBranch(branch=home_branch)
    if email is not None:
        holder = work.patrons.with_email(EmailAddress.parse(email))
        if holder and holder.id != of:
            yield DuplicateEmail()
    if card_number is not None and work.patrons.with_card(CardNumber.parse(card_number)):
        yield DuplicateCardNumber()
