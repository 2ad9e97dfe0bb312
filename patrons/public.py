"""What other contexts may ask patrons: one SQL query each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from patrons.domain.card_number import CardNumber
from patrons.domain.email_address import EmailAddress
from patrons.models import PatronRow
from shared_kernel.domain.errors import InvalidValue


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFacts:
    """A manual block; `until` is its last day, None where it has no end (a suspension)."""

    reason: str
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronFacts:
    """What lending needs to know of a patron. `expires_on` is the last day; None: it never ends."""

    id: UUID
    card_number: str
    category: str
    home_branch: str | None
    expires_on: date | None
    blocks: tuple[BlockFacts, ...]


def patron_facts(
    *,
    card: str | None = None,
    id: UUID | None = None,
    email: str | None = None,
    login_id: int | None = None,
    lock: bool = False,
) -> PatronFacts | None:
    """The patron with this card number, id, email address or login, of which one is given; None if unknown.

    `lock` keeps the patron as they are, suspensions included, until the open transaction ends.
    """
    try:
        wanted = {
            "card_number": card if card is None else str(CardNumber.parse(card)),
            "id": id,
            "email": email if email is None else str(EmailAddress.parse(email)),
            "login_id": login_id,
        }
    except InvalidValue:
        return None
    given = {name: value for name, value in wanted.items() if value is not None}
    if len(given) != 1:
        raise ValueError("give exactly one of card, id, email and login_id")
    rows = PatronRow.objects.select_for_update() if lock else PatronRow.objects
    columns = ("id", "card_number", "category_id", "home_branch", "expires_on", "blocks")
    row = rows.filter(**given).values(*columns).first()
    return row and PatronFacts(
        id=row["id"],
        card_number=row["card_number"],
        category=row["category_id"],
        home_branch=row["home_branch"],
        expires_on=row["expires_on"],
        blocks=tuple(
            BlockFacts(reason=block["reason"], until=block["until"] and date.fromisoformat(block["until"]))
            for block in row["blocks"]
        ),
    )


def names_of(ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of these patrons, by id; unknown ids are left out."""
    return dict(PatronRow.objects.filter(id__in=set(ids)).values_list("id", "name"))
