"""Three years at the desk of a large demo library, day by day: who borrowed which copy, and how long."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple

from lending.domain.loan_terms import LoanTerms
from library_project.demo.books import BOOKS_BEFORE, item_type
from library_project.demo.patrons import PATRONS_BEFORE, categories, category
from library_project.demo.volume import LOAN_DAYS, Volume, arrived

#: The terms of lending by category and item type.
Terms = Mapping[tuple[str, str], LoanTerms]

_OPEN, _OVERDUE_OF_OPEN = 0.03, 0.12
#: Overdue loans are due at the longest terms so many days ago, first and last.
_OVERDUE_DAYS = (3, 10)
#: Fewer than block a patron, by the terms of a fresh library.
_MOST_OVERDUE: Final = 2
#: So many draws that fail, and the loan is tried again tomorrow.
_TRIES = 60
#: Patrons who joined early borrow more; 1 would make all alike.
_LOYALTY = 1.5


class SimulatedLoan(NamedTuple):
    """A copy was lent on a day to a patron, and given back after some days (None: it is still out)."""

    day: int
    book: int
    copy: int
    patron: int
    days: int | None


class LoanSimulation:
    """Finds for each loan a free copy and a patron within their limits. The same volume gives the same loans.

    Nobody brought a copy back late: the fine would have to stand in an account. What is overdue is still out.
    """

    def __init__(self, volume: Volume, terms: Terms) -> None:
        self._volume = volume
        self._terms = terms
        self._random = Random(f"{volume}")  # noqa: S311  a demo needs no secrets
        self._lent = bytearray(volume.copies)
        self._loans = bytearray(volume.patrons)
        self._overdue: Counter[int] = Counter()
        self._coming_back: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        self._limits = {each: self._limit(each) for each in categories()}

    def lendings(self) -> Iterator[SimulatedLoan]:
        """All loans by day. There are fewer than wanted where copies or patrons are too few."""
        closed, in_time, overdue = self._schedule()
        left = [0, 0, 0]
        for day in range(LOAN_DAYS):
            self._take_back(day)
            for kind, wanted in enumerate((overdue[day], in_time[day], closed[day])):
                left[kind] += wanted
                for _ in range(left[kind]):
                    if lending := self._lend(day, stays_out=kind < 2, gets_overdue=kind == 0):
                        left[kind] -= 1
                        yield lending

    def _take_back(self, day: int) -> None:
        for copy, patron in self._coming_back.pop(day, ()):
            self._lent[copy] = 0
            self._loans[patron] -= 1

    def _lend(self, day: int, *, stays_out: bool, gets_overdue: bool) -> SimulatedLoan | None:
        if day == LOAN_DAYS - 1 and not stays_out:  # it would have to come back today
            return None
        patron, found = self._patron(day, gets_overdue=gets_overdue), self._copy(day)
        if patron is None or found is None:
            return None
        book, copy = found
        self._lent[copy] = 1
        self._loans[patron] += 1
        if gets_overdue:
            self._overdue[patron] += 1
        days = None if stays_out else self._days(patron, copy, day)
        if days is not None:
            # A day later than it was, so that no instant of one loan lies within another.
            self._coming_back[day + days + 1].append((copy, patron))
        return SimulatedLoan(day, book, copy, patron, days)

    def _patron(self, day: int, *, gets_overdue: bool) -> int | None:
        here = arrived(day, self._volume.patrons, earlier=PATRONS_BEFORE)
        for _ in range(_TRIES):
            patron = int(here * self._random.random() ** _LOYALTY)
            if self._loans[patron] < self._limits[category(patron)] and not (
                gets_overdue and self._overdue[patron] >= _MOST_OVERDUE
            ):
                return patron
        return None

    def _copy(self, day: int) -> tuple[int, int] | None:
        here = arrived(day, self._volume.books, earlier=BOOKS_BEFORE)
        for attempt in range(_TRIES):
            popular = attempt < _TRIES // 2
            book = self._volume.book_in_demand(self._random) if popular else self._random.randrange(here)
            if book < here:
                for copy in self._volume.copies_of(book):
                    if not self._lent[copy]:
                        return book, copy
        return None

    def _days(self, patron: int, copy: int, day: int) -> int:
        """How long a copy that came back was out: in time, many shortly before they were due."""
        longest = min(self._terms[category(patron), item_type(copy)].loan_days, LOAN_DAYS - 1 - day)
        return min(longest, 1 + int(longest * max(self._random.random(), self._random.random())))

    def _limit(self, code: str) -> int:
        mine = [terms for (each, _), terms in self._terms.items() if each == code]
        limits = [
            limit for terms in mine for limit in (terms.max_loans, terms.max_of_type) if limit is not None
        ]
        return min(255, *limits) if limits else 255

    def _schedule(self) -> tuple[list[int], list[int], list[int]]:
        """How many loans begin on each day: of those closed, of those open in time, of those overdue."""
        days = [terms.loan_days for terms in self._terms.values()]
        shortest, longest = min(days), max(days)
        still_out = round(self._volume.loans * _OPEN)
        overdue = round(still_out * _OVERDUE_OF_OPEN)
        first, last = (LOAN_DAYS - longest - each for each in reversed(_OVERDUE_DAYS))
        return (
            _spread(self._volume.loans - still_out, [self._closed_weight(day) for day in range(LOAN_DAYS)]),
            _spread(still_out - overdue, [float(day > LOAN_DAYS - shortest) for day in range(LOAN_DAYS)]),
            _spread(overdue, [float(first <= day <= last) for day in range(LOAN_DAYS)]),
        )

    def _closed_weight(self, day: int) -> float:
        """As many as there are patrons, and fewer in the last fortnight, whose loans are mostly still out."""
        return arrived(day, self._volume.patrons, earlier=PATRONS_BEFORE) * min(
            1.0, (LOAN_DAYS - 1 - day) / 14
        )


def _spread(total: int, weights: list[float]) -> list[int]:
    """The total in whole parts that are as large as their weights, as nearly as whole numbers can be."""
    sums = list(accumulate(weights))
    reached = [round(total * each / sums[-1]) for each in sums]
    return [now - before for before, now in zip([0, *reached], reached, strict=False)]
