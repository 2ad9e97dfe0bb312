"""Removes personal data from lending's records."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.db.models import Q

from lending.domain.hold import ACTIVE_STATES
from lending.models import HoldRow, LedgerEntryRow
from lending.services.ports import PrivacyChoices
from outbox.redaction import redact_events
from shared_kernel.models import IdempotencyRecord
from shared_kernel.services.audit import anonymise_entries, entries_about


class DjangoLoanAnonymiser:
    """Anonymises what belongs to a loan, in the database."""

    def __init__(self, *, choices: PrivacyChoices) -> None:
        self._choices = choices

    def detach_patron(self, *, loan: UUID, patron: UUID, book: UUID) -> Sequence[UUID]:
        """Remove the patron from the loan's ended holds, charges and audit. Returns the ids of the holds."""
        ended = HoldRow.objects.filter(patron_id=patron, book_id=book).exclude(state__in=ACTIVE_STATES)
        holds = list(ended.order_by("id").values_list("id", flat=True))
        HoldRow.objects.filter(id__in=holds).update(patron_id=None)
        _cut_charges(loan)
        own_login = self._choices.logins_of([patron]).get(patron)
        _cut_audit(loan, holds, patron=patron, principal=f"user:{own_login}" if own_login else "")
        return holds

    def redact_responses(self, ids: Collection[int]) -> int:
        """Redact these stored responses; their requests still count as done."""
        return IdempotencyRecord.objects.filter(id__in=ids).update(result=None) if ids else 0

    def redact_events(self, ids: Collection[int]) -> int:
        """Redact the payloads of these events."""
        return redact_events(ids) if ids else 0


class DjangoPersonalDataEraser:
    """Erases texts about patrons in the database."""

    def erase(self, patron: UUID) -> int:
        """Erase the texts about this patron. Returns the number of erased texts."""
        return LedgerEntryRow.objects.filter(patron_id=patron).exclude(reason="").update(reason="")


def _cut_charges(loan: UUID) -> None:
    """Keep the amounts, so that the balance stays right, and remove what they were for."""
    charges = LedgerEntryRow.objects.filter(loan_id=loan)
    about = Q(loan_id=loan) | Q(charge_id__in=list(charges.values_list("id", flat=True)))
    LedgerEntryRow.objects.filter(about).update(loan_id=None, due_version=None, reason="")


def _cut_audit(loan: UUID, holds: Collection[UUID], *, patron: UUID, principal: str) -> None:
    """Keep what was done to the loan in the audit, without the patron and without free text."""
    known = {str(hold) for hold in holds}
    told = [
        *entries_about(kind="loan", id=loan),
        *(entry for entry in entries_about(kind="patron", id=patron) if _hold_of(entry.subjects) in known),
    ]
    anonymise_entries([entry.pk for entry in told], principal=principal)


def _hold_of(subjects: Mapping[str, str]) -> str:
    return subjects.get("hold", "")
