"""How large a demo library is, and the number of each thing in it: all else follows from these.

Nothing about the library is kept while it is made. Book 4711 is the same whenever somebody asks for it, so a
loan can name its title a million books later, and an interrupted run finds out what is there by its ids.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from math import floor, gcd
from random import Random
from typing import Final, Literal
from uuid import UUID

#: Loans are spread over so many days, the last of which is yesterday.
LOAN_DAYS: Final = 3 * 365
#: The library was founded so many days before the first loan.
_DAYS_BEFORE: Final = 5 * 365
#: Nobody and nothing came in the last days before today, so that all had time to circulate.
_DAYS_OF_GROWTH: Final = LOAN_DAYS - 60
#: How many copies each of eight books in a row has: two on average.
_COPIES: Final = (1, 1, 1, 1, 2, 2, 3, 5)
_EIGHT: Final = len(_COPIES)
_FIRST_COPIES: Final = (0, *accumulate(_COPIES))
#: Bounds under which copies and patrons to lend to are found at the first or second try.
_MOST_LOANS_A_BOOK, _MOST_LOANS_A_PATRON = 20, 60


Kind = Literal["books", "copies", "patrons", "loans"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """So many books, patrons and loans. Each is numbered from 0 in the order in which they came."""

    books: int
    patrons: int
    loans: int

    @property
    def copies(self) -> int:
        """Two for each book, on average."""
        return 2 * self.books

    @property
    def most_loans(self) -> int:
        """How many loans so few books and patrons can have had in the time."""
        return min(_MOST_LOANS_A_BOOK * self.books, _MOST_LOANS_A_PATRON * self.patrons)

    def id_of(self, kind: Kind, number: int) -> UUID:
        """The id of a thing; another volume has other ids.

        It rises with the number, or else each insertion would touch other pages of each index: on SQLite it
        would be the disk that takes the time.
        """
        name = f"{self.books}/{self.patrons}/{self.loans}/{kind}/{number}"
        rising = (number << 32) // getattr(self, kind)
        chance = hashlib.blake2b(name.encode(), digest_size=12).digest()
        return UUID(bytes=rising.to_bytes(4) + chance, version=4)

    def copies_of(self, book: int) -> range:
        """The numbers of a book's copies."""
        eight, place = divmod(book, _EIGHT)
        if (eight + 1) * _EIGHT > self.books:  # the last ones are no whole eight: two each
            return range(2 * book, 2 * book + 2)
        first = 2 * _EIGHT * eight + _FIRST_COPIES[place]
        return range(first, first + _COPIES[place])

    def book_in_demand(self, random: Random) -> int:
        """Some book, drawn by Zipf's law: a few are wanted often, most of them seldom.

        The books with most copies are the popular ones. Which book that is, has nothing to do with its age.
        """
        head = max(5.0, self.books / 1000)
        rank = int(head * ((self.books + head) / head) ** random.random() - head)
        eights = self.books // _EIGHT
        if rank >= eights * _EIGHT:
            return min(rank, self.books - 1)
        place, order = divmod(rank, eights)
        return _EIGHT * (order * _coprime(eights) % eights) + _EIGHT - 1 - place


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The days of a demo library: day 0 is that of the first loan, day `LOAN_DAYS` is `today` (UTC)."""

    today: date

    def at(self, day: int, seconds: int) -> datetime:
        """An instant of a day, so many seconds after the desk opens at nine."""
        midnight = datetime.combine(self.today, time(9), UTC)
        return midnight + timedelta(days=day - LOAN_DAYS, seconds=seconds)

    @classmethod
    def founded(cls, at: datetime) -> "Calendar":
        """The calendar of the library whose first book came at this instant."""
        return cls(today=at.date() + timedelta(days=_DAYS_BEFORE + LOAN_DAYS))


def day_of_arrival(number: int, of: int, *, earlier: float) -> int:
    """The day on which the thing with this number came, `earlier` being the share that day 0 found there."""
    share = number / of
    if share < earlier:
        return floor(_DAYS_BEFORE * (share / earlier - 1))
    return floor(_DAYS_OF_GROWTH * (share - earlier) / (1 - earlier))


def arrived(day: int, of: int, *, earlier: float) -> int:
    """How many things were there before this day; one at least."""
    share = earlier + (1 - earlier) * min(1.0, day / _DAYS_OF_GROWTH)
    return max(1, int(of * share))


@cache
def _coprime(size: int) -> int:
    """A step that goes through `size` things in a seemingly random order and meets each of them once."""
    step = int(size * 0.618) | 1
    while gcd(step, size) != 1:
        step += 2
    return step
