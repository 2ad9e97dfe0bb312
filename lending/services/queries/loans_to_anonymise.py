"""Finds the loans to anonymise, and stored responses and events that still identify their patrons."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from lending.domain.loan import UNDO_WITHIN
from lending.domain.policies.anonymising import PrivacyChoice
from lending.models import HoldRow, LoanRow
from lending.services.batches import ids_in_batches
from lending.services.commands.anonymise_loan import AnonymiseLoan
from lending.services.commands.redact_anonymised_loans import RedactAnonymisedLoans
from lending.services.ports import PrivacyChoices
from outbox.redaction import consumed_by_all, events_containing
from shared_kernel.domain.clock import Clock
from shared_kernel.models import IdempotencyRecord
from shared_kernel.services.bus import Command, Query

_BATCH: Final = 500
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Prefixes of the types of events that may name a patron together with a loan.
_EVENT_TYPES: Final = ("lending.",)


def retention_period() -> timedelta:
    """How long a returned loan keeps its patron, unless the patron chose otherwise."""
    return timedelta(days=settings.LOANS_KEPT_DAYS)


def loans_past_retention(choices: PrivacyChoices, *, now: datetime) -> QuerySet[LoanRow]:
    """The returned loans past their retention period, unpaid charges not considered."""
    old = Q(returned_at__lt=now - retention_period()) & ~Q(
        patron_id__in=choices.of_whom(PrivacyChoice.FOREVER)
    )
    unwanted = Q(returned_at__lt=now - UNDO_WITHIN, patron_id__in=choices.of_whom(PrivacyChoice.NEVER))
    return LoanRow.objects.filter(old | unwanted, state=LoanRow.State.RETURNED, patron_id__isnull=False)


@dataclass(frozen=True, slots=True)
class LoansToAnonymise(Query[Iterator[Command[bool]]]):
    """Which loans, stored responses and events are to be anonymised now?"""


def loans_to_anonymise(
    _query: LoansToAnonymise, *, choices: PrivacyChoices, clock: Clock
) -> Iterator[Command[bool]]:
    """A command for each such loan, then commands that redact what else identifies their patrons.

    The latter are derived from what is stored, not from what this run anonymised: what one run can't redact,
    because an event isn't delivered yet or the run is interrupted, the next run does.
    """
    for loan in ids_in_batches(loans_past_retention(choices, now=clock.now())):
        yield AnonymiseLoan(loan=loan)
    yield from _responses_to_redact()
    yield from _events_to_redact()


def _responses_to_redact() -> Iterator[Command[bool]]:
    kept = IdempotencyRecord.objects.filter(result__isnull=False).order_by("id").only("id", "result")
    batch = list(kept[:_BATCH])
    while batch:
        texts = {record.id: bytes(record.result or b"").decode() for record in batch}
        if found := _mentioning_anonymised(texts):
            yield RedactAnonymisedLoans(responses=found)
        batch = list(kept.filter(id__gt=batch[-1].id)[:_BATCH])


def _events_to_redact() -> Iterator[Command[bool]]:
    for messages in events_containing(prefixes=_EVENT_TYPES, containing='"patron_id"'):
        mentioning = set(_mentioning_anonymised({message.id: message.payload for message in messages}))
        if found := consumed_by_all([message for message in messages if message.id in mentioning]):
            yield RedactAnonymisedLoans(events=tuple(found))


def _mentioning_anonymised(texts: dict[int, str]) -> tuple[int, ...]:
    """The keys of the texts that mention an anonymised loan or hold."""
    mentioned = {key: {UUID(found) for found in _ID.findall(text)} for key, text in texts.items()}
    ids = set().union(*mentioned.values())
    loans = LoanRow.objects.filter(id__in=ids, patron_id__isnull=True).values_list("id", flat=True)
    holds = HoldRow.objects.filter(id__in=ids, patron_id__isnull=True).values_list("id", flat=True)
    anonymised = {*loans, *holds}
    return tuple(key for key, found in mentioned.items() if found & anonymised)
