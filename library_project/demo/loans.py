"""The loans of a large demo library as lending knows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Self

from catalog.services.commands.add_copy import DEFAULT_BRANCH
from lending.adapters.repositories.rules import DjangoCalendars, DjangoRules
from lending.domain.branch_calendar import BranchCalendar
from lending.domain.circulation_rule import effective_terms
from lending.domain.loan import LentCopy, Loan
from lending.domain.policies.patron import NoTermsForCategory
from library_project.demo.books import barcode, item_type, item_types, title_of
from library_project.demo.loan_simulation import SimulatedLoan, Terms
from library_project.demo.patrons import categories, category
from library_project.demo.volume import Calendar, Volume

_LOANS_SEED = 1 << 42
#: The desk is open ten hours; books and patrons came in the first ten minutes of their day.
_FIRST_SECOND, _LAST_SECOND = 600, 36_000 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanFactory:
    """What was lent, under the terms that the library has now."""

    volume: Volume
    calendar: Calendar
    branch: BranchCalendar
    terms: Terms

    @classmethod
    def under_present_rules(cls, *, volume: Volume, calendar: Calendar) -> Self:
        """Loans under the circulation rules as they stand. Raises NoTermsForCategory."""
        terms = {}
        for code in categories():
            for slug in item_types():
                about = {"branch": DEFAULT_BRANCH, "category": code, "item_type": slug}
                found = effective_terms(DjangoRules().matching(**about), **about)
                if found is None:
                    raise NoTermsForCategory(category=code)
                terms[code, slug] = found
        return cls(volume=volume, calendar=calendar, branch=DjangoCalendars().of(DEFAULT_BRANCH), terms=terms)

    def loans(self, first: int, lendings: Iterable[SimulatedLoan]) -> list[Loan]:
        """These loans, numbered from `first`."""
        return [self._loan(number, each) for number, each in enumerate(lendings, start=first)]

    def _loan(self, number: int, lending: SimulatedLoan) -> Loan:
        random = Random(_LOANS_SEED + number)  # noqa: S311  a demo needs no secrets
        slug = item_type(lending.copy)
        terms = self.terms[category(lending.patron), slug]
        at = self.calendar.at(lending.day, seconds=random.randint(_FIRST_SECOND, _LAST_SECOND))
        loan = Loan.borrow(
            id=self.volume.id_of("loans", number),
            copy=LentCopy(
                id=self.volume.id_of("copies", lending.copy),
                book_id=self.volume.id_of("books", lending.book),
                barcode=barcode(lending.copy).text,
                book_title=title_of(lending.book),
                item_type=slug,
            ),
            patron_id=self.volume.id_of("patrons", lending.patron),
            branch=DEFAULT_BRANCH,
            at=at,
            due_at=self.branch.due_at(after=at, from_day=self.branch.day_of(at), days=terms.loan_days),
            terms=terms,
            category=category(lending.patron),
        )
        if lending.days is not None:
            back_on = lending.day + lending.days
            returned_at = self.calendar.at(back_on, seconds=random.randint(_FIRST_SECOND, _LAST_SECOND))
            loan.bring_back(at=returned_at, scanned_at=returned_at, days_overdue=0)
        return loan
