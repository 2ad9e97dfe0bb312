"""The invariants of accounts: the ledger adds up, and nothing is charged twice."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from lending.models import AccountRow, LedgerEntryRow, LoanRow
from outbox.invariants import latest_payloads, rows_without_event
from shared_kernel.domain.money import Money
from shared_kernel.services.invariants import Invariant, Rows

_ENTRIES = LedgerEntryRow.objects.order_by()
_CHARGES = Q(kind__in=["overdue", "lost", "processing"])
_BATCH = 500


def entries_are_numbered() -> Rows:
    """The entries of an account are numbered from 1, without a gap and without a twin."""
    accounts = _ENTRIES.values("account_id").annotate(
        first=Min("number"), last=Max("number"), entries=Count("id"), numbers=Count("number", distinct=True)
    )
    return accounts.exclude(first=1, last=F("entries"), numbers=F("entries"))


def charges_add_and_credits_take() -> Rows:
    """A charge adds to what a patron owes, and a payment, waiver or refund takes from it."""
    right = Q(_CHARGES, amount_minor__gt=0) | Q(~_CHARGES, amount_minor__lt=0)
    return _ENTRIES.exclude(right).values("id", "kind", "amount_minor")


def an_entry_is_in_its_patrons_account() -> Rows:
    """An entry is in the account of the patron whom it names, in the library's currency."""
    right = Q(patron_id=F("account__patron_id"), currency=settings.CURRENCY)
    return _ENTRIES.exclude(right).values("id", "account_id")


def the_balance_is_the_sum_of_the_ledger() -> Rows:
    """The balance that an account's latest event tells is the sum of the ledger."""
    for accounts in _batches(AccountRow.objects.order_by("id")):
        entries = _ENTRIES.filter(account_id__in=accounts).values_list("account_id")
        sums = dict(entries.annotate(Sum("amount_minor")))
        for account, version, told in latest_payloads(list(accounts)):
            balance = Money(Decimal(told["balance"]["amount"]), told["balance"]["currency"]).minor
            if version == accounts[account] and balance != sums.get(account, 0):
                yield {"id": account, "told": balance, "sum": sums.get(account, 0)}


def nobody_pays_more_than_they_owe() -> Rows:
    """A payment is no more than the balance before it."""
    until_then = LedgerEntryRow.objects.filter(
        account_id=OuterRef("account_id"), number__lte=OuterRef("number")
    )
    sums = until_then.order_by().values("account_id").annotate(sum=Sum("amount_minor")).values("sum")
    payments = _ENTRIES.filter(kind="payment").annotate(balance=Subquery(sums[:1]))
    return payments.filter(balance__lt=0).values("id", "account_id")


def a_due_date_is_fined_once() -> Rows:
    """A loan has one overdue charge at most for each of its due dates."""
    fines = _ENTRIES.filter(kind="overdue", loan_id__isnull=False, due_version__isnull=False)
    of_versions = fines.values("loan_id", "due_version")
    return of_versions.annotate(charges=Count("id")).filter(charges__gt=1)


def a_charge_is_for_the_patrons_own_loan() -> Rows:
    """A charge that names a loan names one of the same patron; a fine one of its due dates."""
    loan = LoanRow.objects.filter(id=OuterRef("loan_id"), patron_id=OuterRef("patron_id"))
    charges = _ENTRIES.filter(_CHARGES, loan_id__isnull=False)
    due = charges.annotate(due=Subquery(loan.values("due_version")[:1]))
    wrong = (
        Q(due__isnull=True)
        | Q(kind="overdue", due_version__isnull=True, due_at__isnull=True)
        | Q(due_version__gt=F("due"))
    )
    return due.filter(wrong).values("id", "loan_id")


def a_charge_is_credited_once() -> Rows:
    """What is waived or refunded of a charge is of a charge of the same account, and no more than it."""
    own = {"id": OuterRef("charge_id"), "account_id": OuterRef("account_id")}
    charge = LedgerEntryRow.objects.filter(_CHARGES, **own)
    same = LedgerEntryRow.objects.filter(charge_id=OuterRef("charge_id")).order_by().values("charge_id")
    credited = _ENTRIES.filter(kind__in=["waiver", "refund"]).annotate(
        charged=Coalesce(Subquery(charge.values("amount_minor")[:1]), 0),
        credited=Coalesce(Subquery(same.annotate(sum=Sum("amount_minor")).values("sum")[:1]), 0),
    )
    wrong = Q(charge_id__isnull=True) | Q(charged__lt=-F("credited"))
    return credited.filter(wrong).values("id", "charge_id")


def a_payment_is_for_the_whole_account() -> Rows:
    """A payment is for no charge in particular."""
    return _ENTRIES.filter(kind="payment").exclude(charge_id=None, loan_id=None).values("id")


def an_account_is_as_its_last_event_left_it() -> Rows:
    """An account's version is that of its latest event, and the number of its entries."""
    entries = LedgerEntryRow.objects.filter(account_id=OuterRef("pk")).order_by().values("account_id")
    counted = AccountRow.objects.order_by().annotate(
        entered=Coalesce(Subquery(entries.annotate(n=Count("id")).values("n")[:1]), 0)
    )
    yield from counted.exclude(version=F("entered")).values("id", "version", "entered")
    yield from rows_without_event(AccountRow.objects.all())


def invariants() -> Sequence[Invariant]:
    """Those of accounts."""
    functions = (
        entries_are_numbered,
        charges_add_and_credits_take,
        an_entry_is_in_its_patrons_account,
        the_balance_is_the_sum_of_the_ledger,
        nobody_pays_more_than_they_owe,
        a_due_date_is_fined_once,
        a_charge_is_for_the_patrons_own_loan,
        a_charge_is_credited_once,
        a_payment_is_for_the_whole_account,
        an_account_is_as_its_last_event_left_it,
    )
    return [Invariant.of("lending", function) for function in functions]


def _batches(rows: "QuerySet[Any]") -> Iterator[dict[UUID, int]]:
    """The versions of rows by their ids, some at a time."""
    batch = dict(rows.values_list("id", "version")[:_BATCH])
    while batch:
        yield batch
        batch = dict(rows.filter(id__gt=max(batch)).values_list("id", "version")[:_BATCH])
