"""The books of a large demo library and their copies, each made by its number."""

from dataclasses import dataclass
from random import Random
from typing import Final

from catalog.domain.barcode import Barcode
from catalog.domain.book import Book
from catalog.domain.copy import Copy, ItemType
from catalog.domain.description import Description
from catalog.domain.title import Title
from catalog.services.commands.add_copy import DEFAULT_BRANCH, DEFAULT_ITEM_TYPE
from library_project.demo.vocabulary import WordGenerator
from library_project.demo.volume import Calendar, Volume, day_of_arrival
from shared_kernel.domain.money import Money

#: The share of the books that day 0 found in the library.
BOOKS_BEFORE: Final = 0.6
_WITHOUT_ISBN, _WITHOUT_YEAR, _WITH_SECOND_AUTHOR, _WITH_PRICE = 0.12, 0.03, 0.2, 0.7
_OLDEST_YEAR, _YEARS = 1890, 120
#: ISBNs of the prefix 979-9 belong to nobody, so no real book has one of these.
_FREE_ISBNS = 979_900_000_000
_WEIGHTS = (1, 3) * 6
_COPIES_SEED = 1 << 40
_ITEM_TYPES: Final = {3: "large-print", 7: "audiobook"}
_ITEM_TYPE_EACH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFactory:
    """What stands on the shelves. Prices are in `currency` (ISO 4217)."""

    volume: Volume
    calendar: Calendar
    currency: str

    def book(self, number: int) -> Book:
        """The book with this number."""
        random, language, title = _titled(number)
        words = WordGenerator(random)
        day = day_of_arrival(number, self.volume.books, earlier=BOOKS_BEFORE)
        at = self.calendar.at(day, seconds=number % 600)
        authors = [words.author()]
        if random.random() < _WITH_SECOND_AUTHOR:
            authors.append(words.author())
        published = min(at.year, _OLDEST_YEAR + int(_YEARS * random.random() ** 0.4) + random.randrange(20))
        description = Description.parse(
            title=title,
            authors=authors,
            isbns=[] if random.random() < _WITHOUT_ISBN else [_isbn(number)],
            year=None if random.random() < _WITHOUT_YEAR else published,
            language=language,
            publisher=words.publisher(),
            subjects=words.subjects(),
        )
        return Book.add(id=self.volume.id_of("books", number), description=description, at=at)

    def copies(self, book: Book, number: int) -> list[Copy]:
        """The copies of the book with this number."""
        return [self._copy(book, copy) for copy in self.volume.copies_of(number)]

    def _copy(self, book: Book, number: int) -> Copy:
        random = Random(_COPIES_SEED + number)  # noqa: S311  a demo needs no secrets
        price = Money.from_minor(random.randrange(500, 6000, 50), self.currency)
        return Copy.add(
            id=self.volume.id_of("copies", number),
            book_id=book.id,
            barcode=barcode(number),
            item_type=ItemType(item_type(number)),
            branch=DEFAULT_BRANCH,
            price=price if random.random() < _WITH_PRICE else None,
            at=book.added_at,
        )


def title_of(number: int) -> str:
    """What the book with this number is called."""
    return Title(_titled(number)[2]).text


def barcode(copy: int) -> Barcode:
    """What stands on the copy with this number. None that is made from an id looks like it."""
    return Barcode(f"D{copy:08}")


def item_type(copy: int) -> str:
    """The slug of what kind of thing the copy with this number is."""
    return _ITEM_TYPES.get(copy % _ITEM_TYPE_EACH, DEFAULT_ITEM_TYPE)


def item_types() -> list[str]:
    """All that there are."""
    return [DEFAULT_ITEM_TYPE, *_ITEM_TYPES.values()]


def _titled(number: int) -> tuple[Random, str, str]:
    """A book's language and title, the first things that are drawn of it, and where drawing goes on."""
    random = Random(number)  # noqa: S311  a demo needs no secrets
    words = WordGenerator(random)
    language = words.language()
    return random, language, words.title(language)


def _isbn(number: int) -> str:
    body = str(_FREE_ISBNS + number)
    return body + str(-sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 10)
