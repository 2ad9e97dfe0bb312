"""The invariants of loans."""

from collections.abc import Sequence

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from lending.domain.loan_terms import REQUIRED_VALUES
from lending.models import BranchRow, HoldRow, InHouseUseRow, LedgerEntryRow, LoanRow
from outbox.invariants import rows_without_event
from shared_kernel.services.invariants import Invariant, Rows

_LOANS = LoanRow.objects.order_by()
_OUT = Q(state__in=["open", "lost", "claimed_returned"])
_TERMS = sorted(REQUIRED_VALUES)


def a_copy_is_out_once() -> Rows:
    """A copy has at most one outstanding loan."""
    out = _LOANS.filter(_OUT).values("copy_id")
    return out.annotate(loans=Count("id")).filter(loans__gt=1)


def a_lent_copy_serves_no_hold() -> Rows:
    """A copy on loan is allocated to no hold."""
    served = HoldRow.objects.filter(copy_id=OuterRef("copy_id"), state__in=["allocated", "ready"])
    return _LOANS.filter(_OUT).filter(Exists(served)).values("id", "copy_id")


def a_loan_is_due_after_it_began() -> Rows:
    """A loan is due after it began."""
    return _LOANS.exclude(due_at__gt=F("borrowed_at")).values("id")


def a_loan_ends_after_it_began() -> Rows:
    """A loan does not end before it began."""
    return _LOANS.filter(returned_at__lt=F("borrowed_at")).values("id")


def a_loan_has_ended_when_it_was_returned() -> Rows:
    """A loan is returned if, and only if, it has a return date."""
    wrong = (_OUT & Q(returned_at__isnull=False)) | (~_OUT & ~Q(state="returned", returned_at__isnull=False))
    return _LOANS.filter(wrong).values("id", "state")


def due_dates_are_counted() -> Rows:
    """Each renewal gave the loan a new version of its due date, and no notice is about a later version."""
    wrong = Q(due_version__lt=F("renewals") + 1)
    wrong |= Q(due_soon_version__gt=F("due_version")) | Q(overdue_version__gt=F("due_version"))
    return _LOANS.filter(wrong).values("id", "due_version", "renewals")


def a_loan_keeps_its_terms() -> Rows:
    """A loan has all its terms."""
    return _LOANS.exclude(terms__has_keys=_TERMS).values("id")


def a_loan_is_renewed_as_its_terms_allow() -> Rows:
    """A loan was renewed no more often than its terms allow."""
    allowed = Cast(KT("terms__renewals"), IntegerField())
    limited = _LOANS.filter(terms__has_key="renewals").exclude(terms__renewals=None)
    return limited.annotate(allowed=allowed).filter(renewals__gt=F("allowed")).values("id", "renewals")


def a_loan_is_of_a_known_branch() -> Rows:
    """The branch of a loan exists."""
    known = BranchRow.objects.filter(code=OuterRef("branch"))
    return _LOANS.filter(~Exists(known)).values("id", "branch")


def only_returned_loans_are_anonymised() -> Rows:
    """Exactly the anonymised loans have no patron, and all of them were returned."""
    named = Q(patron_id__isnull=False, anonymised_at__isnull=True)
    anonymised = Q(patron_id__isnull=True, anonymised_at__isnull=False, state="returned")
    return _LOANS.exclude(named | anonymised).values("id")


def no_account_refers_to_an_anonymised_loan() -> Rows:
    """No charge in a patron's account refers to an anonymised loan."""
    anonymised = LoanRow.objects.filter(id=OuterRef("loan_id"), patron_id__isnull=True)
    entries = LedgerEntryRow.objects.filter(loan_id__isnull=False).filter(Exists(anonymised))
    return entries.order_by().values("id", "loan_id")


def a_loan_is_as_its_last_event_left_it() -> Rows:
    """A loan's version is that of its latest event."""
    return rows_without_event(LoanRow.objects.all(), began="borrowed_at")


def an_in_house_use_is_as_its_last_event_left_it() -> Rows:
    """The version of a use in the house is that of its latest event."""
    return rows_without_event(InHouseUseRow.objects.all(), began="used_at")


def invariants() -> Sequence[Invariant]:
    """Those of loans."""
    functions = (
        a_copy_is_out_once,
        a_lent_copy_serves_no_hold,
        a_loan_is_due_after_it_began,
        a_loan_ends_after_it_began,
        a_loan_has_ended_when_it_was_returned,
        due_dates_are_counted,
        a_loan_keeps_its_terms,
        a_loan_is_renewed_as_its_terms_allow,
        a_loan_is_of_a_known_branch,
        only_returned_loans_are_anonymised,
        no_account_refers_to_an_anonymised_loan,
        a_loan_is_as_its_last_event_left_it,
        an_in_house_use_is_as_its_last_event_left_it,
    )
    return [Invariant.of("lending", function) for function in functions]
