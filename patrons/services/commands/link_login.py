"""A patron gets a login of their own."""

from dataclasses import dataclass
from uuid import UUID

from patrons.domain.card_number import CardNumber
from patrons.domain.patron import PatronNotFound
from patrons.services.ports import PatronsWork
from shared_kernel.domain.errors import Refusal
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


class LoginAlreadyLinked(Refusal):
    code = "login_already_linked"
    message = "This login belongs to another patron, or the patron already has a login."


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLogin(Command[UUID]):
    """Let a login (its id) be that of the patron with this card; answered with the patron's id."""

    card: str
    login_id: int


def link_login(command: LinkLogin, work: PatronsWork) -> UUID:
    """Link them, one to one."""
    patron = work.patrons.with_card(CardNumber.parse(command.card))
    if patron is None:
        raise PatronNotFound
    bind_audit_subjects(patron=patron.id)
    if not work.logins.link(command.login_id, patron=patron.id):
        raise LoginAlreadyLinked
    return patron.id
