"""The privacy report: how many loans still have a patron, and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum

from lending.domain.policies.anonymising import PrivacyChoice
from lending.models import LedgerEntryRow, LoanRow
from lending.services.ports import PrivacyChoices
from lending.services.queries.loans_to_anonymise import loans_past_retention, retention_period
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Query, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacySummary(Result):
    """How many loans are anonymised, and how many aren't for which reason, at an instant.

    `not_returned` are outstanding; `recent` were returned less than `kept_days` ago; `by_choice` are older,
    and their patrons want them remembered for ever; `charged` are due, but something may be owed for them;
    `due` are forgotten next. `oldest_named_at` is when the oldest that nobody wants kept came back.
    """

    at: datetime
    kept_days: int
    anonymous: int
    last_anonymised_at: datetime | None
    not_returned: int
    recent: int
    by_choice: int
    charged: int
    due: int
    oldest_named_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyReport(Query[PrivacySummary]):
    """How many loans still have a patron, and why?"""


def privacy_report(_query: PrivacyReport, *, choices: PrivacyChoices, clock: Clock) -> PrivacySummary:
    """Count them, in a fixed number of queries."""
    now, span = clock.now(), retention_period()
    anonymised = LoanRow.objects.filter(patron_id__isnull=True).aggregate(
        n=Count("id"), at=Max("anonymised_at")
    )
    named = LoanRow.objects.filter(patron_id__isnull=False).order_by()
    returned = named.filter(state=LoanRow.State.RETURNED)
    wished = Q(returned_at__lt=now - span, patron_id__in=choices.of_whom(PrivacyChoice.FOREVER))
    due = loans_past_retention(choices, now=now).order_by()
    by_choice, waiting, charged = returned.filter(wished).count(), due.count(), _charged(due)
    ended = returned.count()
    return PrivacySummary(
        at=now,
        kept_days=span // timedelta(days=1),
        anonymous=anonymised["n"],
        last_anonymised_at=anonymised["at"],
        not_returned=named.exclude(state=LoanRow.State.RETURNED).count(),
        recent=ended - by_choice - waiting,
        by_choice=by_choice,
        charged=charged,
        due=waiting - charged,
        oldest_named_at=returned.exclude(wished).aggregate(at=Min("returned_at"))["at"],
    )


def _charged(due: QuerySet[LoanRow]) -> int:
    """Those with a charge whose patron owes anything: an upper bound of those that something is owed for."""
    sums = LedgerEntryRow.objects.filter(patron_id=OuterRef("patron_id")).order_by().values("patron_id")
    owing = sums.annotate(sum=Sum("amount_minor")).filter(sum__gt=0)
    charges = LedgerEntryRow.objects.filter(loan_id=OuterRef("id"), amount_minor__gt=0)
    return due.filter(Exists(charges), Exists(owing)).count()
