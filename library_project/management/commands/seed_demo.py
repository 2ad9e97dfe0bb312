"""`seed_demo`: a small library to look around in, or a large one to try what it bears."""

import random
from argparse import ArgumentTypeError
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db import IntegrityError

from catalog.adapters.marc.reader import count_records
from catalog.models import BookRow, CopyRow
from lending.services.commands.borrow_book import BorrowBook
from lending.services.commands.return_book import ReturnBook
from library_project.demo.progress import progress_display
from library_project.demo.seeding import SeedResult, seed_volume, started_at
from library_project.demo.volume import Volume
from patrons.models import PatronRow
from patrons.services.commands.register_patron import RegisterPatron
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.commands import bus, dispatch
from shared_kernel.services.request_context import RequestClock, with_context

RECORDS = Path(__file__).resolve().parents[2] / "demo" / "books.mrc"
LOGINS = Path(settings.VAR_DIR) / "demo_logins"
PEOPLE = (
    ("Ada Lovelace", "premium"),
    ("Alan Turing", "researcher"),
    ("Astrid Lindgren", "regular"),
    ("Chinua Achebe", "regular"),
    ("Emmy Noether", "researcher"),
    ("Frida Kahlo", "regular"),
    ("Grace Hopper", "premium"),
    ("Hannah Arendt", "researcher"),
    ("Italo Calvino", "regular"),
    ("Jorge Luis Borges", "premium"),
    ("Melvil Dewey", "regular"),
    ("Murasaki Shikibu", "regular"),
)
#: More of a kind than anybody has tried.
_MOST = 10_000_000
#: Each loan of the demo: begun so many days ago, and returned after so many (None: still out).
HISTORY: tuple[tuple[int, int | None], ...] = (
    *((80, 12), (75, 20), (66, 9), (61, 14), (55, 3), (48, 13), (40, 15), (33, 6), (27, 11), (20, 8)),
    *((30, None), (18, None), (13, None), (9, None), (6, None), (4, None), (2, None), (1, None)),
)


def count(text: str) -> int:
    """An argument that says how many, up to ten million."""
    if not (text.isascii() and text.isdigit() and int(text) <= _MOST):
        raise ArgumentTypeError(f"{text!r} is not a whole number from 0 to {_MOST}")
    return int(text)


class Command(LibraryCommand):
    """Fills an empty library: with the small demo through the same commands that a librarian gives.

    With numbers it is a large one, written in bulk; that one may also join the small demo.
    """

    help = (
        "Fill an empty library with real books, made-up patrons, some loans, and a login for each role. "
        "With numbers: with so many made-up books (of two copies each, on average), patrons and loans."
    )

    def options(self, parser: CommandParser) -> None:
        """Declare how much there shall be, and whether a library that has books is a mistake."""
        parser.add_argument("--if-empty", action="store_true", help="leave a library that has books as it is")
        parser.add_argument("--migrate", action="store_true", help="bring the tables up to date first")
        for name in ("books", "patrons", "loans"):
            parser.add_argument(f"--{name}", type=count, metavar="N", help=f"a large demo with N {name}")

    def run(self, *, if_empty: bool, migrate: bool, **counts: int | None) -> None:
        """Seed the library unless it has books; print the demo's logins either way."""
        if settings.PRODUCTION:
            raise CommandError("not_in_production: made-up data is for trials; ENVIRONMENT is production.")
        if migrate:
            call_command("migrate", verbosity=0)
        if any(number is not None for number in counts.values()):
            self._fill(Volume(**{name: number or 0 for name, number in counts.items()}), if_empty=if_empty)
            return
        if not BookRow.objects.exists():
            with bus().transaction():  # all of the demo or nothing
                self._seed()
        elif not if_empty:
            raise CommandError("not_empty: the library has books already; `make reset` starts over.")
        if LOGINS.exists():
            self.stdout.write(LOGINS.read_text(), ending="")

    def _fill(self, volume: Volume, *, if_empty: bool) -> None:
        if if_empty and BookRow.objects.exists():
            return
        _refuse_unless_fit(volume)
        try:
            with progress_display() as progress:
                filled = seed_volume(volume, now=RequestClock().now(), progress=progress)
        except KeyboardInterrupt:
            self.stderr.write("What is made so far, stays; the same command goes on from there.")
            raise
        except IntegrityError as error:
            fault = str(error).partition("\n")[0]
            raise CommandError(
                f"in_use: somebody has used the half-made demo ({fault}); {_START_OVER}"
            ) from error
        self._tell(filled)

    def _tell(self, filled: SeedResult) -> None:
        if self.as_json:
            self.answer(filled)
        else:
            numbers = (filled.books, filled.copies, filled.patrons, filled.loans)
            self.stdout.write("{} books, {} copies, {} patrons, {} loans".format(*numbers))

    def _seed(self) -> None:
        call_command("import_marc", str(RECORDS), stdout=self.stderr)
        cards = [self._register(name, category) for name, category in PEOPLE]
        for days_ago, kept_for, card, barcode in _history(cards):
            began_at = datetime.now(UTC) - timedelta(days=days_ago)
            with with_context(acts_at=began_at):
                dispatch(BorrowBook(copy_barcode=barcode, patron_card=card))
            if kept_for is not None:
                with with_context(acts_at=began_at + timedelta(days=kept_for)):
                    dispatch(ReturnBook(copy_barcode=barcode))
        self._create_logins(cards[0])

    def _register(self, name: str, category: str) -> str:
        return dispatch(RegisterPatron(name=name, email=_address(name), category=category)).card_number

    def _create_logins(self, patron_card: str) -> None:
        LOGINS.touch(mode=0o600)
        with LOGINS.open("w") as file:
            for role in ("librarian", "manager", "operator"):
                call_command("create_login", role, role=role, stdout=file)
            call_command("create_login", "patron", role="patron", patron=patron_card, stdout=file)


_START_OVER = "begin with an empty database (`make reset` on SQLite)."


def _refuse_unless_fit(volume: Volume) -> None:
    if volume.loans > volume.most_loans:
        raise CommandError(
            f"too_many_loans: {volume.books} books and {volume.patrons} patrons can have had "
            f"{volume.most_loans} loans at most.",
            returncode=2,
        )
    if started_at(volume) is None and not _is_demo_at_most():
        raise CommandError(f"not_empty: the library has books or patrons of its own; {_START_OVER}")


def _is_demo_at_most() -> bool:
    """Whether there is nobody and nothing that the small demo didn't bring."""
    with RECORDS.open("rb") as records:
        most_books = count_records(records) or 0
    ours = [_address(name) for name, _ in PEOPLE]
    strangers = PatronRow.objects.exclude(email__in=ours)
    return not strangers.exists() and BookRow.objects.all()[: most_books + 1].count() <= most_books


def _address(name: str) -> str:
    return f"{name.lower().replace(' ', '.')}@example.org"


def _history(cards: list[str]) -> Iterator[tuple[int, int | None, str, str]]:
    """Who borrowed which copy when: the same on every machine, apart from the day that it starts from."""
    barcodes = list(CopyRow.objects.order_by("book__sort_key", "barcode").values_list("barcode", flat=True))
    chosen = random.Random(2026).sample(barcodes, len(HISTORY))  # noqa: S311  a demo needs no secrets
    for place, (days_ago, kept_for) in enumerate(HISTORY):
        yield days_ago, kept_for, cards[place % len(cards)], chosen[place]
