"""Patrons in Django's database."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from outbox.unit_of_work import DjangoRepository
from patrons.domain.block import Block
from patrons.domain.card_number import CardNumber
from patrons.domain.email_address import EmailAddress
from patrons.domain.patron import DuplicateCardNumber, DuplicateEmail, Patron, PatronNotFound
from patrons.domain.person_name import PersonName
from patrons.domain.privacy import Privacy
from patrons.models import PatronRow
from shared_kernel.domain.errors import NotFound, Refusal
from shared_kernel.sql.queries import CompiledQuery, Param


class DjangoPatrons(DjangoRepository[Patron, PatronRow]):
    """Patrons, one row each. The login is none of the aggregate's business and left as it is."""

    rows = PatronRow
    missing: ClassVar[type[NotFound]] = PatronNotFound
    refusals: ClassVar[dict[str, type[Refusal]]] = {
        "patrons_one_patron_per_email": DuplicateEmail,
        "patrons_one_patron_per_card": DuplicateCardNumber,
    }

    def rebuild(self, row: PatronRow) -> Patron:
        """The patron of a row."""
        return Patron(
            id=row.id,
            version=row.version,
            card_number=CardNumber(row.card_number),
            name=PersonName(row.name),
            email=EmailAddress(row.email),
            category=row.category_id,
            home_branch=row.home_branch,
            expires_on=row.expires_on,
            blocks=(_block(each) for each in row.blocks),
            declined_notices=frozenset(row.declined_notices),
            privacy=Privacy(row.privacy),
            language=row.language,
            birth_date=row.birth_date,
            end_announced=row.end_announced,
        )

    def columns(self, aggregate: Patron) -> dict[str, Any]:
        """The row's values besides id and version."""
        return {
            "card_number": str(aggregate.card_number),
            "name": str(aggregate.name),
            "sort_key": aggregate.name.sort_key,
            "email": str(aggregate.email),
            "category_id": aggregate.category,
            "home_branch": aggregate.home_branch,
            "expires_on": aggregate.expires_on,
            "blocks": [_stored(each) for each in aggregate.blocks],
            "declined_notices": sorted(aggregate.declined_notices),
            "privacy": aggregate.privacy.value,
            "language": aggregate.language,
            "birth_date": aggregate.birth_date,
            "end_announced": aggregate.end_announced,
        }

    def with_card(self, card_number: CardNumber) -> Patron | None:
        """The patron with this card number, if there is one."""
        return self.find(card_number=str(card_number))

    def with_email(self, email: EmailAddress) -> Patron | None:
        """The patron with this address, if there is one."""
        return self.find(email=str(email))

    def declines(self, id: UUID, kind: str) -> bool:
        """Whether this patron does without notices of this kind."""
        return any(kind in declined for (declined,) in _declined_notices(id=id))


_declined_notices: CompiledQuery[tuple[list[str]]] = CompiledQuery(
    lambda: PatronRow.objects.filter(id=Param(PatronRow, "id")).order_by().values_list("declined_notices")
)


def _block(stored: dict[str, str | None]) -> Block:
    until = stored["until"]
    return Block(
        id=UUID(stored["id"]),
        reason=stored["reason"] or "",
        until=None if until is None else date.fromisoformat(until),
    )


def _stored(block: Block) -> dict[str, str | None]:
    until = None if block.until is None else block.until.isoformat()
    return {"id": str(block.id), "reason": block.reason, "until": until}
