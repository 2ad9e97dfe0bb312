from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from lending.domain.loan import UNDO_WITHIN, Loan, LoanIsAnonymous, LoanNotEnded
from lending.domain.loan_events import LoanAnonymised
from lending.domain.patron_account import EntryKind, PatronAccount
from lending.domain.policies.anonymising import (
    AnonymisationFacts,
    PrivacyChoice,
    RetentionReason,
    retention_reason,
)
from shared_kernel.domain.money import Money
from tests.domain.lending.examples import NOW, borrowed_loan

RETURNED = NOW + timedelta(days=10)
USUALLY = timedelta(days=90)


def returned() -> Loan:
    loan = borrowed_loan()
    loan.bring_back(at=RETURNED, scanned_at=RETURNED, days_overdue=0)
    loan.pull_events()
    return loan


def facts(loan: Loan | None = None, *, after: timedelta, **changes: Any) -> AnonymisationFacts:
    known = {"choice": PrivacyChoice.DEFAULT, "retention_period": USUALLY, "owed": False, **changes}
    return AnonymisationFacts(now=RETURNED + after, loan=loan or returned(), **known)


class TestALoan:
    @pytest.mark.parametrize(
        ("choice", "after", "kept"),
        [
            (PrivacyChoice.DEFAULT, USUALLY, RetentionReason.RECENT),
            (PrivacyChoice.DEFAULT, USUALLY + timedelta(seconds=1), None),
            (PrivacyChoice.NEVER, UNDO_WITHIN, RetentionReason.RECENT),
            (PrivacyChoice.NEVER, UNDO_WITHIN + timedelta(seconds=1), None),
            (PrivacyChoice.FOREVER, 100 * USUALLY, RetentionReason.BY_CHOICE),
        ],
    )
    def test_is_somebodys_as_long_as_its_patron_chose(
        self, choice: PrivacyChoice, after: timedelta, kept: RetentionReason | None
    ) -> None:
        assert retention_reason(facts(after=after, choice=choice)) is kept

    def test_is_somebodys_until_it_is_returned(self) -> None:
        assert retention_reason(facts(borrowed_loan(), after=2 * USUALLY)) is RetentionReason.NOT_RETURNED

    def test_is_somebodys_while_they_owe_for_it(self) -> None:
        assert retention_reason(facts(after=2 * USUALLY, owed=True)) is RetentionReason.CHARGED

    def test_tells_that_it_is_nobodys_and_not_whose_it_was(self) -> None:
        loan, hold = returned(), uuid4()
        loan.anonymise(hold_ids=(hold,), at=NOW + USUALLY)
        [(event, _)] = loan.pull_events()
        assert event == LoanAnonymised(
            aggregate_id=loan.id,
            occurred_at=NOW + USUALLY,
            copy_id=loan.copy.id,
            book_id=loan.copy.book_id,
            hold_ids=(hold,),
        )
        assert (loan.is_anonymous, loan.anonymised_at) == (True, NOW + USUALLY)
        with pytest.raises(LoanIsAnonymous):
            _ = loan.patron_id

    def test_that_is_out_is_not_anonymised(self) -> None:
        with pytest.raises(LoanNotEnded):
            borrowed_loan().anonymise(hold_ids=(), at=NOW)


class TestWhatIsOwedForALoan:
    def test_is_paid_for_the_oldest_charge_first(self) -> None:
        first, second = uuid4(), uuid4()
        account = PatronAccount(patron_id=uuid4(), currency="EUR")
        for loan in (first, second):
            account.charge(EntryKind.OVERDUE, Decimal(3), loan_id=loan, at=NOW)
        assert account.outstanding_for(first) == 3
        account.pay(Money(Decimal(4), "EUR"), at=NOW)
        assert [account.outstanding_for(loan) for loan in (first, second)] == [0, 2]
        account.refund(EntryKind.OVERDUE, loan_id=second, at=NOW, return_number=1)
        assert [account.outstanding_for(loan) for loan in (second, uuid4())] == [0, 0]
