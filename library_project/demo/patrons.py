"""The patrons of a large demo library, each made by their number."""

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final
from uuid import UUID

from catalog.services.commands.add_copy import DEFAULT_BRANCH
from library_project.demo.vocabulary import WordGenerator
from library_project.demo.volume import LOAN_DAYS, Calendar, Volume, day_of_arrival
from patrons.domain.block import Block
from patrons.domain.card_number import CardNumber
from patrons.domain.email_address import EmailAddress
from patrons.domain.patron import Patron
from patrons.domain.person_name import PersonName

#: The share of the patrons who had joined by day 0.
PATRONS_BEFORE: Final = 0.4
#: Of ten patrons in a row; the categories exist from the start.
_CATEGORIES: Final = (*["regular"] * 7, *["premium"] * 2, "researcher")
_PATRONS_SEED = 1 << 41
_SUSPENDED_EACH = 100
_EVENING = 10 * 3600  # seconds after nine: the desk is closed, so the last loan is older
_WITHOUT_END, _WITHOUT_BRANCH = 0.4, 0.3
#: A membership ends so many days from today at the earliest: later than any loan.
_SOONEST_END, _LATEST_END = 60, 730


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronFactory:
    """Who has joined."""

    volume: Volume
    calendar: Calendar

    def patron(self, number: int) -> Patron:
        """The patron with this number. One in a hundred was suspended yesterday in the evening."""
        random = Random(_PATRONS_SEED + number)  # noqa: S311  a demo needs no secrets
        words = WordGenerator(random)
        given, family = words.given(), words.family()
        day = day_of_arrival(number, self.volume.patrons, earlier=PATRONS_BEFORE)
        ends_on = self.calendar.today + timedelta(days=random.randint(_SOONEST_END, _LATEST_END))
        patron = Patron.register(
            id=self.volume.id_of("patrons", number),
            card_number=_card(number),
            name=PersonName.parse(f"{given} {family}"),
            email=EmailAddress.parse(f"{_plain(given)}.{_plain(family)}.{number}@example.org"),
            category=category(number),
            home_branch=None if random.random() < _WITHOUT_BRANCH else DEFAULT_BRANCH,
            expires_on=None if random.random() < _WITHOUT_END else ends_on,
            at=self.calendar.at(day, seconds=number % 600),
        )
        if number % _SUSPENDED_EACH == _SUSPENDED_EACH - 1:
            block_id = UUID(int=random.getrandbits(128), version=4)
            block = Block(id=block_id, reason="The card was found in the street.", until=None)
            patron.block(block, at=self.calendar.at(LOAN_DAYS - 1, seconds=_EVENING))
        return patron


def category(number: int) -> str:
    """The code of the category of the patron with this number."""
    return _CATEGORIES[number % len(_CATEGORIES)]


def categories() -> list[str]:
    """All that there are."""
    return list(dict.fromkeys(_CATEGORIES))


def _card(number: int) -> CardNumber:
    """A number that is never drawn for somebody who registers: those begin with a P."""
    return CardNumber.parse("D" + CardNumber.of_serial(number).text[1:])


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return "".join(char for char in letters if char.isalpha())
