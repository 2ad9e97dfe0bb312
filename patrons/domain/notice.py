"""A notice: a message to a patron, its kinds and its states."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from shared_kernel.domain.errors import InvalidValue

EMAIL = "email"
#: An attempt that is silent for so long was cut off: no send lasts a third of it.
INTERRUPTED_AFTER = timedelta(seconds=30)
_LONGEST_WAIT_SECONDS = 60


class NoticeNotOptional(InvalidValue):
    code = "notice_not_optional"
    message = "Letters of the kind “{kind}” can't be switched off. Those that can: {optional}."
    pointer = "/declined_notices"


class NoticeState(StrEnum):
    """How far the telling has come.

    What is ambiguous may have been sent, so it is never repeated unasked. What became untrue, or whose
    patron was erased, before it was sent is withdrawn.
    """

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    AMBIGUOUS = "ambiguous"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notice: the facts it states besides the patron's name, and whether patrons can decline it.

    Optional is what confirms one's own doing or is a courtesy. What somebody would come in vain for, or pay
    for, without knowing it, is not. A wording `needs` what the letter would be of no use without. What is
    `made` is known only when the letter is written.
    """

    tells: tuple[str, ...]
    optional: bool = False
    needs: tuple[str, ...] = ()
    made: tuple[str, ...] = ()

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The placeholders of a wording of this kind: an instant becomes a day, a kind of charge a reason."""
        return ("name", *(word for fact in self.tells for word in _words_for(fact)), *self.made)


_AS_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "was_overdue": (),
    "kind": ("reason",),
}
_LOAN = ("book_title", "barcode", "due_at")
_READY = ("book_title", "barcode", "pickup_branch", "pickup_deadline_at")
KINDS: Final[Mapping[str, Kind]] = {
    "loan_receipt": Kind(_LOAN, optional=True),
    "renewal_confirmation": Kind(_LOAN, optional=True),
    "return_confirmation": Kind((*_LOAN, "was_overdue", "days_overdue"), optional=True),
    "return_undone": Kind(_LOAN),
    "due_soon": Kind(_LOAN, optional=True),
    "overdue": Kind((*_LOAN, "days_overdue")),
    "due_date_changed": Kind(("book_title", "barcode", "previous_due_at", "due_at")),
    "loan_lost": Kind(("book_title", "barcode")),
    "charge": Kind(("kind", "amount", "balance")),
    "charge_refunded": Kind(("amount", "balance")),
    "charge_waived": Kind(("amount", "balance")),
    "payment_receipt": Kind(("amount", "balance"), optional=True),
    "hold_first": Kind(("book_title",), optional=True),
    "hold_ready": Kind(_READY),
    "hold_deadline_changed": Kind(_READY),
    "hold_unallocated": Kind(("book_title",)),
    "hold_expired": Kind(("book_title", "pickup_deadline_at")),
    "membership_expiring": Kind(("expires_on",), optional=True),
    "password_link": Kind((), needs=("link",), made=("link", "days")),
}


def _words_for(fact: str) -> tuple[str, ...]:
    as_day = f"{fact.removesuffix('_at')}_on" if fact.endswith("_at") else fact
    return _AS_WORDS.get(fact, (as_day,))


OPTIONAL: Final = tuple(name for name, kind in KINDS.items() if kind.optional)


def declined(kinds: Iterable[str]) -> frozenset[str]:
    """The kinds of notices that a patron can do without. Raises NoticeNotOptional for any other."""
    wanted = frozenset(kinds)
    for kind in sorted(wanted.difference(OPTIONAL)):
        raise NoticeNotOptional(kind=kind, optional=", ".join(OPTIONAL))
    return wanted


def wait_after(*, attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: 2 s doubling up to a minute. Nobody ever gives up."""
    return timedelta(seconds=min(2 ** min(attempts, 10), _LONGEST_WAIT_SECONDS))
