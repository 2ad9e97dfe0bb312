"""Lists and searches in a large library, compared with a small one.

The small one has 10 000 books, each large one as many as BENCHMARK_BOOKS says (1000000; several sizes are
separated by commas); all have a loan for each book and a patron for every 20. Filling one of a million books
takes some ten minutes, and shows its progress. One client sends one request after the other over HTTP.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

from benchmarks.environment import Environment
from benchmarks.figures import Figure
from benchmarks.http_client import HttpClient
from benchmarks.rounds import InvalidMeasurement, Spread
from tests.system import System

SMALL: Final = 10_000
LARGE: Final = [int(size) for size in os.environ.get("BENCHMARK_BOOKS", "1000000").split(",")]
_REQUESTS: Final = 200
_WARM_UP: Final = 20  # until a statement is prepared and its plan chosen

#: Searches, and the goal for their 99th percentile in a large library, in milliseconds.
_SEARCHES: Final = {
    "a rare word": ("/api/v1/books?q={rare}", 5.0),
    "two words": ("/api/v1/books?q={rare}+{other}", 5.0),
    "a typo": ("/api/v1/books?q={typo}", 5.0),
    "a common word": ("/api/v1/books?q={common}", 25.0),
}
_SHORT: Final = 3  # words up to this length are articles and the like
_DIFFERENT: Final = 20  # searches of each kind, so that none profits from a cache of the last one
_ADDED: Final = "/api/v1/books?page_size=100&ordering=added"
_MIDDLE: Final = "/api/v1/books?page_size=100"
_LISTS: Final = {
    "first page of books": "/api/v1/books",
    "a page of 100 books in the middle": _MIDDLE,
    "books that can be borrowed": "/api/v1/books?available=true",
    "first page of loans": "/api/v1/loans",
    "overdue loans": "/api/v1/loans?overdue=true",
    "first page of patrons": "/api/v1/patrons",
}

Milliseconds = float


def measure(environment: Environment, *, rounds: int) -> list[Figure]:
    """Measure a small and a large library in turn, for each size on PostgreSQL and on SQLite."""
    figures = []
    with TemporaryDirectory(prefix="library-read-") as folder:
        addresses: Mapping[str, Callable[[str], str]] = {
            "PostgreSQL": environment.postgresql.create_database,
            "SQLite": lambda name: f"sqlite:///{Path(folder) / name}.sqlite3",
        }
        for name, address in addresses.items():
            with _library(address("small"), books=SMALL) as few:
                for size in LARGE:
                    with _library(address(f"large_{size}"), books=size) as many:
                        figures += list(_figures(f"{size:,} books, {name}", few, many, rounds=rounds))
    return figures


@dataclass(frozen=True, slots=True, kw_only=True)
class _Library:
    books: int
    client: HttpClient


@contextmanager
def _library(database_url: str, *, books: int) -> Iterator[_Library]:
    with System(DATABASE_URL=database_url, LOG_FORMAT="json") as system:
        _fill(system, books=books)
        token = system.ask(
            "create_token", "benchmark", "--scope", "circulation:read", "--scope", "patrons:read"
        )
        system.start("web")
        client = HttpClient(system.url, token=token["token"])
        yield _Library(books=books, client=client)
        client.close()


def _fill(system: System, *, books: int) -> None:
    size = ("--books", str(books), "--patrons", str(books // 20), "--loans", str(books))
    for command in (("migrate", "--verbosity", "0"), ("seed_demo", *size)):
        sys.stderr.write(f"{books} books: {command[0]}\n")
        words = [".venv/bin/python", "manage.py", *command]
        settings = {**system.settings, "DATABASE_JOB_STATEMENT_TIMEOUT": "0"}
        subprocess.run(words, cwd=system.folder, env=settings, check=True, stdout=sys.stderr)


def _figures(where: str, few: _Library, many: _Library, *, rounds: int) -> Iterator[Figure]:
    for what, path in _LISTS.items():
        asked = [(each.client, _middle_page(each) if path == _MIDDLE else path) for each in (few, many)]
        pairs = [[_p99(client, address) for client, address in asked] for _ in range(rounds)]
        small, large = (median(each) for each in zip(*pairs, strict=True))
        yield Figure(
            what=f"{what}, p99, {where}",
            against=f"{large:.1f} ms, against {small:.1f} ms of {SMALL:,} books",
            spread=Spread.of([large / small for small, large in pairs]),
            goal=2.0,
            limit=3.0,
            less_is_better=True,
            samples={"small": [small for small, _ in pairs], "large": [large for _, large in pairs]},
        )
    words = _words(many.client)
    for what, (path, goal) in _SEARCHES.items():
        searches = [path.format(**each) for each in words]
        found = [_p99(many.client, *searches) for _ in range(rounds)]
        yield Figure(
            what=f"search for {what}, p99, {where}",
            against=f"over HTTP, one client, {len(set(searches))} different ones in turn",
            spread=Spread.of(found),
            goal=goal,
            unit="ms",
            less_is_better=True,
            samples={"milliseconds": found, "searched": searches},
        )


def _p99(client: HttpClient, *paths: str) -> Milliseconds:
    taken = []
    for path in islice(cycle(paths), _WARM_UP + _REQUESTS):
        begun = perf_counter()
        client.get(path)
        taken.append((perf_counter() - begun) * 1e3)
    return quantiles(taken[_WARM_UP:], n=100)[98]


def _middle_page(library: _Library) -> str:
    """The path of the page in the middle of the list of books."""
    path = _MIDDLE
    for _ in range(library.books // 2 // 100):
        following = json.loads(library.client.get(path))["next"]
        if not following:
            raise InvalidMeasurement(f"{path} has no next page")
        path = following.partition("/api/")[1] + following.partition("/api/")[2]
    return path


def _words(client: HttpClient) -> Sequence[Mapping[str, str]]:
    """Rare words, each with a typo and with a second word of its title, and common words.

    Raises InvalidMeasurement if too few of them find what they should.
    """

    def found(q: str) -> Any:  # JSON
        return json.loads(client.get(f"/api/v1/books?q={q}&page_size=100"))

    def number(q: str) -> int:
        return 0 if "corrected_to" in (page := found(q)) else len(page["results"])

    titles = [_plain(book["title"]) for book in json.loads(client.get(_ADDED))["results"]]
    words = Counter(word for title in titles for word in title).most_common()
    common = islice((word for word, _ in words if number(word) == 100), 3)
    pairs = ((title[-1], title[0]) for title in titles if len(title) > 1)
    rare = {
        word: {"rare": word, "other": other, "typo": typo}
        for word, other in pairs
        if 0 < number(word) < 100
        and number(f"{word}+{other}")
        and "corrected_to" in found(typo := word[:2] + word[3:])
    }
    chosen = [{**each, "common": often} for each, often in zip(rare.values(), cycle(common))]
    if len(chosen) < _DIFFERENT:
        raise InvalidMeasurement(f"too few words to search for: {chosen}")
    return chosen[:_DIFFERENT]


def _plain(title: str) -> list[str]:
    words = title.replace(":", " ").split()
    return [word for word in words if len(word) > _SHORT and word.isascii() and word.isalpha()]
