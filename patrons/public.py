"""What other contexts may ask patrons: one SQL query each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from patrons.domain.card_number import CardNumber
from patrons.domain.email_address import EmailAddress
from patrons.models import CategoryRow, NoticeRow, PatronRow
from shared_kernel.domain.errors import InvalidValue
from shared_kernel.sql.queries import compiled_filter


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFacts:
    """A manual block; `until` is its last day, None where it has no end (a suspension)."""

    reason: str
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronFacts:
    """What lending needs to know of a patron.

    `expires_on` is the membership's last day, None where it never ends; `birth_date` None is unknown.
    """

    id: UUID
    card_number: str
    category: str
    home_branch: str | None
    expires_on: date | None
    birth_date: date | None
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
    row = next(iter(compiled_filter(PatronRow, *given, lock=lock)(**given)), None)
    return row and _facts(row)


def facts_of_patrons(ids: Iterable[UUID]) -> dict[UUID, PatronFacts]:
    """These patrons by id, not locked; unknown ids are left out."""
    return {row.id: _facts(row) for row in PatronRow.objects.filter(id__in=set(ids))}


def _facts(row: PatronRow) -> PatronFacts:
    return PatronFacts(
        id=row.id,
        card_number=row.card_number,
        category=row.category_id,
        home_branch=row.home_branch,
        expires_on=row.expires_on,
        birth_date=row.birth_date,
        blocks=_blocks(row.blocks),
    )


def names_of(ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of these patrons, by id; unknown ids are left out."""
    return dict(PatronRow.objects.filter(id__in=set(ids)).values_list("id", "name"))


def category_names() -> Mapping[str, str]:
    """What each category that a patron can be in is called, by its code."""
    return dict(CategoryRow.objects.values_list("code", "name"))


def ids_in_category(category: str) -> "QuerySet[PatronRow, UUID]":
    """The ids of the patrons of a category, as a subquery that costs nothing until it is used."""
    return PatronRow.objects.filter(category_id=category).order_by().values_list("id", flat=True)


def birth_dates_in_category(category: str) -> Iterable[tuple[date | None, int]]:
    """The birth dates of the patrons of a category, each with how many have it; None where it is unknown."""
    rows = PatronRow.objects.filter(category_id=category).order_by()
    return rows.values("birth_date").annotate(number=Count("id")).values_list("birth_date", "number")


def ids_with_privacy(choice: str) -> "QuerySet[PatronRow, UUID]":
    """The ids of the patrons who chose `forever` or `never`, as a subquery, likewise."""
    return PatronRow.objects.filter(privacy=choice).order_by().values_list("id", flat=True)


def known_patrons() -> "QuerySet[PatronRow]":
    """All patrons, lazily, for a subquery by their `id`."""
    return PatronRow.objects.order_by()


def privacy_of(id: UUID) -> str | None:
    """How long this patron's past loans are remembered as theirs; None for who is nobody any more."""
    return PatronRow.objects.filter(id=id).values_list("privacy", flat=True).first()


def logins_of(ids: Iterable[UUID]) -> dict[UUID, int]:
    """The logins of these patrons, by id; who has none is left out."""
    linked = PatronRow.objects.filter(id__in=set(ids), login__isnull=False)
    return dict(linked.values_list("id", "login_id"))


def membership_ends(ids: Iterable[UUID]) -> dict[UUID, date]:
    """The last days of these patrons' memberships, by id; those that never end are left out."""
    ending = PatronRow.objects.filter(id__in=set(ids), expires_on__isnull=False)
    return {patron: ends_on for patron, ends_on in ending.values_list("id", "expires_on") if ends_on}


def _blocks(stored: Iterable[Mapping[str, str | None]]) -> tuple[BlockFacts, ...]:
    return tuple(
        BlockFacts(
            reason=each["reason"] or "", until=date.fromisoformat(each["until"]) if each["until"] else None
        )
        for each in stored
    )


Letters = QuerySet[Any, Any]  # rows of `.values()`


def letters_owed(*, patron: UUID | None = None, about: Iterable[UUID] = ()) -> Letters:
    """The letters to a patron, or about these loans and holds, with `at`, when they became due to be sent.

    Rows of `id, at, kind, patron_id, about_id` in no order yet: a query that costs nothing until it is used.
    """
    return _letters(patron, about).values("id", "kind", "patron_id", "about_id", at=F("owed_at"))


def letters_ended(*, patron: UUID | None = None, about: Iterable[UUID] = ()) -> Letters:
    """The same letters as far as they are sent or given up, at that instant, with `state` and `failure`."""
    ended = _letters(patron, about).filter(finished_at__isnull=False)
    return ended.values("id", "kind", "patron_id", "about_id", "state", "failure", at=F("finished_at"))


def _letters(patron: UUID | None, about: Iterable[UUID]) -> QuerySet[NoticeRow]:
    return NoticeRow.objects.filter(
        Q(about_id__in=about) if patron is None else Q(patron_id=patron)
    ).order_by()
