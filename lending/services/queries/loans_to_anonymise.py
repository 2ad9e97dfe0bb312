"""Finds the loans that needn't be remembered as anybody's, and what else would tell whose they were."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from lending.domain.loan import UNDO_WITHIN
from lending.domain.policies.anonymising import Choice
from lending.models import HoldRow, LoanRow
from lending.services.commands.anonymise_loan import AnonymiseLoan, ForgetTraces
from lending.services.ports import PrivacyChoices
from outbox.redaction import consumed_by_all, events_containing
from shared_kernel.domain.clock import Clock
from shared_kernel.models import Receipt
from shared_kernel.services.bus import Command, Query

_BATCH: Final = 500
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Types of events that may tell of a patron together with a loan.
_TELLING: Final = ("lending.",)


def kept_for() -> timedelta:
    """How long a returned loan is usually remembered as somebody's."""
    return timedelta(days=settings.LOANS_KEPT_DAYS)


def loans_due(choices: PrivacyChoices, *, now: datetime) -> QuerySet[LoanRow]:
    """The returned loans whose time has come; which of them something is still owed for, isn't looked at."""
    old = Q(returned_at__lt=now - kept_for()) & ~Q(patron_id__in=choices.of_whom(Choice.FOREVER))
    unwanted = Q(returned_at__lt=now - UNDO_WITHIN, patron_id__in=choices.of_whom(Choice.NEVER))
    return LoanRow.objects.filter(old | unwanted, state=LoanRow.State.RETURNED, patron_id__isnull=False)


@dataclass(frozen=True, slots=True)
class LoansToAnonymise(Query[Iterator[Command[bool]]]):
    """Which loans, answers and events are to be anonymised now?"""


def loans_to_anonymise(
    _query: LoansToAnonymise, *, choices: PrivacyChoices, clock: Clock
) -> Iterator[Command[bool]]:
    """A command for each such loan, then commands that forget what else tells of loans that are nobody's.

    The latter go by what is stored, not by what was just done: what a run could not forget, because it was
    not delivered yet or because the run broke off, the next one does.
    """
    for loan in _ids(loans_due(choices, now=clock.now())):
        yield AnonymiseLoan(loan=loan)
    yield from _telling_answers()
    yield from _telling_events()


def _ids(due: QuerySet[LoanRow]) -> Iterator[UUID]:
    rows = due.order_by("id").values_list("id", flat=True)
    batch = list(rows[:_BATCH])
    while batch:
        yield from batch
        batch = list(rows.filter(id__gt=batch[-1])[:_BATCH])


def _telling_answers() -> Iterator[Command[bool]]:
    kept = Receipt.objects.filter(result__isnull=False).order_by("id").only("id", "result")
    batch = list(kept[:_BATCH])
    while batch:
        texts = {receipt.id: bytes(receipt.result or b"").decode() for receipt in batch}
        if telling := _about_nobody(texts):
            yield ForgetTraces(answers=telling)
        batch = list(kept.filter(id__gt=batch[-1].id)[:_BATCH])


def _telling_events() -> Iterator[Command[bool]]:
    for messages in events_containing(prefixes=_TELLING, containing='"patron_id"'):
        about = set(_about_nobody({message.id: message.payload for message in messages}))
        if telling := consumed_by_all([message for message in messages if message.id in about]):
            yield ForgetTraces(events=tuple(telling))


def _about_nobody(texts: dict[int, str]) -> tuple[int, ...]:
    """Which of these texts name a loan or a hold that is nobody's any more."""
    named = {key: {UUID(found) for found in _ID.findall(text)} for key, text in texts.items()}
    every = set().union(*named.values())
    loans = LoanRow.objects.filter(id__in=every, patron_id__isnull=True).values_list("id", flat=True)
    holds = HoldRow.objects.filter(id__in=every, patron_id__isnull=True).values_list("id", flat=True)
    nobodys = {*loans, *holds}
    return tuple(key for key, ids in named.items() if ids & nobodys)
