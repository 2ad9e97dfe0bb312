"""Facts of a borrowing that nothing is against, to be changed in the one respect that a test is about."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from lending.domain.loan import LentCopy, Loan
from lending.domain.loan_terms import LoanTerms
from lending.domain.policies.borrowing import BorrowingFacts
from lending.domain.rule_values import RenewFrom
from lending.domain.standing import BorrowerStanding, CirculatingCopy, OpenLoan
from shared_kernel.domain.money import Money

NOW = datetime(2024, 1, 15, 10, tzinfo=UTC)
TERMS = LoanTerms(
    loan_days=14,
    max_loans=5,
    max_of_type=None,
    renewals=3,
    renew_window_days=None,
    renew_from=RenewFrom.DUE,
    renew_overdue=True,
    hold_limit=5,
    pickup_days=7,
    fine_per_day=Decimal("0.25"),
    grace_days=0,
    fine_cap=None,
    cap_at_price=True,
    lost_after_days=30,
    processing_fee=Decimal(10),
    block_balance=Decimal(25),
    block_overdue=3,
)
PATRON = BorrowerStanding(
    id=uuid4(), card="P1", category="regular", home_branch=None, expires_on=None, blocks=()
)
COPY = CirculatingCopy(
    id=uuid4(),
    barcode="0001",
    book_id=uuid4(),
    book_title="Middlemarch",
    item_type="book",
    branch="MAIN",
    lendable=True,
    in_reach=True,
    condition="in service",
    price=None,
)
FACTS = BorrowingFacts(
    today=date(2024, 1, 15),
    patron=PATRON,
    copy=COPY,
    terms=TERMS,
    loans=(),
    lent_to_another=False,
    held_for_another=False,
    balance=Money(Decimal(0), "EUR"),
)


def open_loan(*, copy_id: UUID | None = None, item_type: str = "book", overdue: bool = False) -> OpenLoan:
    return OpenLoan(
        id=uuid4(),
        copy_id=copy_id or uuid4(),
        book_id=uuid4(),
        item_type=item_type,
        due_at=datetime(2024, 1, 29, 23, 59, 59, tzinfo=UTC),
        overdue=overdue,
    )


def borrowed_loan(
    *, at: datetime = NOW, due_at: datetime = datetime(2024, 1, 29, 23, 59, 59, tzinfo=UTC)
) -> Loan:
    return Loan.borrow(
        id=uuid4(),
        copy=LentCopy(
            id=COPY.id, book_id=COPY.book_id, barcode="0001", book_title="Middlemarch", item_type="book"
        ),
        patron_id=PATRON.id,
        branch="MAIN",
        at=at,
        due_at=due_at,
        terms=TERMS,
        category="regular",
    )
