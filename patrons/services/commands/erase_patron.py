"""Erase a patron."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from patrons.domain.patron import Patron, PatronNotFound
from patrons.domain.text import tidied
from patrons.services.patron_details import ErasureResult
from patrons.services.ports import CirculationFacts, PatronsWork, PersonalDataEraser
from patrons.services.validation import raise_refusals
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import InvalidValue, Refusal
from shared_kernel.domain.text import ReasonRequired, fold
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects

LONGEST_REASON = 500


class ReasonTellsWho(InvalidValue):
    code = "reason_tells_who"
    message = "The reason stays on record: leave out the patron's name, address, card number and birth date."
    pointer = "/reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePatron(Command[ErasureResult]):
    """Erase a patron's personal data, for the reason in `comment`, which stays in the audit.

    Their loans stay, under an id that identifies nobody.
    """

    refusals = (
        PatronNotFound,
        ReasonRequired,
        ReasonTellsWho,
        "has_open_loans",
        "has_active_holds",
        "has_open_charges",
    )

    patron: UUID
    comment: str


def erase_patron(
    command: ErasePatron,
    work: PatronsWork,
    *,
    clock: Clock,
    circulation: CirculationFacts,
    eraser: PersonalDataEraser,
) -> ErasureResult:
    """Erase the patron, under the lock that borrowing takes: what circulation says of them stays true."""
    bind_audit_subjects(patron=command.patron)
    patron = work.patrons.get(command.patron, lock=True)
    raise_refusals([*circulation.reasons_to_keep(patron.id), *_faults_of(command.comment, patron)])
    now = clock.now()
    patron.erase(at=now)
    eraser.erase(patron, notices=work.notices.forget(patron.id, at=now))
    work.logins.erase(patron.id)
    work.patrons.remove(patron)
    return ErasureResult(id=patron.id, erased_at=now)


def _faults_of(reason: str, patron: Patron) -> Iterator[Refusal]:
    if tidied(reason, longest=LONGEST_REASON) is None:
        yield ReasonRequired()
    identity = (patron.name, patron.email, patron.card_number, patron.birth_date)
    known = (fold(str(each)) for each in identity if each is not None)
    text = " ".join(fold(reason).split())
    if any(re.search(rf"\b{re.escape(each)}\b", text) for each in known):
        yield ReasonTellsWho()
