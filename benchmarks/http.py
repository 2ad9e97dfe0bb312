"""What the library costs over HTTP, compared with plain psycopg and with two small peers (peers/).

Sixteen persistent connections; each POST to the library has an Idempotency-Key of its own.
"""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from io import StringIO
from statistics import median
from typing import Final
from urllib.parse import quote_plus, urlsplit
from uuid import uuid4

from django.core.management import call_command

from benchmarks import circulation
from benchmarks.environment import Environment
from benchmarks.figures import Figure, cpu_figure
from benchmarks.http_client import HttpClient
from benchmarks.lending import Lending
from benchmarks.psycopg_processes import PROCESSES, THREADS, PsycopgProcesses
from benchmarks.rounds import InvalidMeasurement, Sample, Samples, Spread, Variant, as_json, interleave, ratio
from benchmarks.servers import Server, servers
from catalog.models import BookRow

CONNECTIONS: Final = 16
COPIES: Final = CONNECTIONS * 20  # five to a patron, and no two clients lend to the same patron
BOOKS: Final = 10_000
GATE_COPIES, GATE_BOOKS = CONNECTIONS * 5, 2_000
PAGE: Final = 50
_LENDING: Final = "borrow + return"
_PSYCOPG: Final = f"psycopg, {PROCESSES} processes × {THREADS} threads"
_NAMES: Final = {"psycopg": _PSYCOPG, "fastapi": "FastAPI + async SQLAlchemy", "drf": "default DRF"}
#: Goal and limit of the ratio to each reference, and of the processor time in seconds.
_TARGETS: Final = {
    (_LENDING, "psycopg"): (0.30, 0.22),
    (_LENDING, "fastapi"): (1.5, 1.1),
    ("GET a book", "fastapi"): (2.5, 1.8),
    ("first page of 50", "fastapi"): (3.0, 2.0),
    ("page of 50, deep", "fastapi"): (3.0, 2.0),
    ("search, 50 a page", "fastapi"): (2.0, 1.3),
}
_CPU_GOALS: Final = {
    _LENDING: 2.3,
    "GET a book": 0.6,
    "first page of 50": 1.0,
    "page of 50, deep": 1.0,
    "search, 50 a page": 1.2,
}
#: Of the gate, in multiples of what psycopg takes to borrow and return.
_CPU_LIMITS: Final = {
    _LENDING: 11.0,
    "GET a book": 2.5,
    "first page of 50": 4.2,
    "page of 50, deep": 5.0,
    "search, 50 a page": 5.7,
}
_READS: Final = {"GET a book": 60, "first page of 50": 15, "page of 50, deep": 15, "search, 50 a page": 15}


def measure(environment: Environment, *, rounds: int) -> list[Figure]:
    """Measure every path on every server."""
    figures = []
    with _running(environment, copies=COPIES, books=BOOKS, with_peers=True) as (crowds, by_hand, lending):
        figures += _figures(_LENDING, interleave([by_hand, *lending], rounds=rounds))
        for what, each in _READS.items():
            variants = [crowd.reading(what, each) for crowd in crowds]
            figures += _figures(what, interleave(variants, rounds=rounds))
    return figures


def gate(environment: Environment, *, rounds: int) -> list[Figure]:
    """The library's processor time for each path, compared with borrowing and returning by psycopg."""
    figures = []
    books = {"copies": GATE_COPIES, "books": GATE_BOOKS}
    with _running(environment, **books, with_peers=False) as ([library], by_hand, lending):
        for what, limit in _CPU_LIMITS.items():
            [ours] = lending if what == _LENDING else [library.reading(what, _READS[what])]
            figures.append(
                cpu_figure(
                    interleave([by_hand, ours], rounds=rounds),
                    ours="library",
                    reference="psycopg",
                    what=f"{what} over HTTP",
                    against=f"borrow + return by {_PSYCOPG}",
                    limit=limit,
                )
            )
    return figures


@contextmanager
def _running(
    environment: Environment, *, copies: int, books: int, with_peers: bool
) -> Iterator[tuple[list["_Crowd"], Variant, list[Variant]]]:
    """The clients of each server, and the variants that lend: by psycopg, and over HTTP."""
    call_command("seed_demo", books=books, patrons=books // 20, loans=0, stdout=StringIO(), stderr=StringIO())
    lendings = sorted(circulation.create_lendings(copies=copies), key=lambda lending: lending.card)
    with (
        servers(environment, with_peers=with_peers) as started,
        closing(PsycopgProcesses(environment.database_url)) as reference,
        ThreadPoolExecutor(CONNECTIONS) as threads,
    ):
        crowds = [_Crowd(server, threads, books=books) for server in started]
        by_hand, *over_http = _lending(crowds, reference, lendings)
        yield crowds, by_hand, over_http


class _Crowd:
    """The clients of a server, one connection each."""

    def __init__(self, server: Server, threads: ThreadPoolExecutor, *, books: int) -> None:
        self.server, self.books = server, books
        self._threads = threads
        self._clients = [HttpClient(server.url, token=server.token) for _ in range(CONNECTIONS)]

    def lend(self, lendings: Sequence[Lending]) -> int:
        """Borrow and return each of these; return their number."""
        each = len(lendings) // CONNECTIONS
        shares = [lendings[first : first + each] for first in range(0, len(lendings), each)]
        return sum(self._threads.map(self._lend, self._clients, shares))

    def reading(self, what: str, times: int) -> Variant:
        """The variant in which each client reads these paths so many times, beginning at different ones."""
        paths = _paths(what, self)
        shares = [
            [paths[(client * times + number) % len(paths)] for number in range(times)]
            for client in range(CONNECTIONS)
        ]

        def run() -> int:
            return sum(self._threads.map(_read, self._clients, shares))

        return Variant(name=self.server.name, run=run, server_cpu=self.server.cpu)

    def get(self, path: str) -> bytes:
        """The answer to one client."""
        return self._clients[0].get(self.server.prefix + path)

    def _lend(self, client: HttpClient, lendings: Sequence[Lending]) -> int:
        prefix = self.server.prefix
        for lending in lendings:
            borrowing = {"copy_barcode": lending.barcode, "patron_card": lending.card}
            client.post(f"{prefix}/loans", borrowing, key=str(uuid4()))
            client.post(f"{prefix}/returns", {"copy_barcode": lending.barcode}, key=str(uuid4()))
        return len(lendings)


def _lending(
    crowds: Sequence[_Crowd], reference: PsycopgProcesses, lendings: Sequence[Lending]
) -> list[Variant]:
    by_hand = Variant(
        name="psycopg",
        run=partial(reference.run, "borrow_and_return", lendings),
        prepare=circulation.delete_loans,
        check=_check_durable,
        server_cpu=reference.cpu,
    )
    over_http = [
        Variant(
            name=crowd.server.name,
            run=partial(crowd.lend, lendings),
            prepare=circulation.delete_loans,
            check=_check_durable if crowd.server.name == "library" else _check_loans,
            server_cpu=crowd.server.cpu,
        )
        for crowd in crowds
    ]
    return [by_hand, *over_http]


def _check_durable(count: int) -> None:
    circulation.expect(open_loans=0, loans=count, events=2 * count)


def _check_loans(count: int) -> None:
    circulation.expect(open_loans=0, loans=count, events=0)


def _read(client: HttpClient, paths: Sequence[str]) -> int:
    for path in paths:
        client.get(path)
    return len(paths)


def _paths(what: str, crowd: _Crowd) -> list[str]:
    """Different paths of this kind. Raises InvalidMeasurement if an answer has not the rows it should."""
    first = f"/books?page_size={PAGE}"
    prefix = crowd.server.prefix
    if what == "GET a book":
        ids = BookRow.objects.order_by("id").values_list("id", flat=True)[:500]
        return [f"{prefix}/books/{id_}" for id_ in ids]
    if what.startswith("first"):
        paths = [first]
    elif what.startswith("search"):
        paths = [
            f"{first}&{'search' if crowd.server.name == 'drf' else 'q'}={word}" for word in ("the", "of")
        ]
    else:
        paths = [_deep(first, crowd)]
    for path in paths:
        if len(json.loads(crowd.get(path))["results"]) != PAGE:
            raise InvalidMeasurement(f"{path} has not {PAGE} books")
    return [prefix + path for path in paths]


def _deep(path: str, crowd: _Crowd) -> str:
    """The page in the middle of the list."""
    pages = crowd.books // 2 // PAGE
    if crowd.server.name == "drf":
        return f"{path}&page={pages}"
    for _ in range(pages):
        following = json.loads(crowd.get(path))["next"]
        if following is None:
            raise InvalidMeasurement(f"{path} has no next page")
        if crowd.server.name == "fastapi":
            path = f"/books?page_size={PAGE}&after={quote_plus(following)}"
        else:
            address = urlsplit(following)
            path = f"{address.path.removeprefix(crowd.server.prefix)}?{address.query}"
    return path


def _figures(what: str, samples: Samples) -> list[Figure]:
    rates = {name: median(each.rate for each in taken) for name, taken in samples.items()}
    cpu = {name: median(_cpu(each) for each in taken) for name, taken in samples.items()}
    figures = []
    for name, said in _NAMES.items():
        if name not in samples:
            continue
        goal, limit = _TARGETS.get((what, name), (None, None))
        figures.append(
            Figure(
                what=f"{what} over HTTP, {CONNECTIONS} connections: {rates['library']:.0f} /s",
                against=f"{said}: {rates[name]:.0f} /s",
                spread=ratio(samples, "library", name),
                goal=goal,
                limit=limit,
                samples=as_json({each: samples[each] for each in ("library", name)}),
            )
        )
    others = ", ".join(f"{_NAMES[name]} {used:.2f} ms" for name, used in cpu.items() if name != "library")
    figures.append(
        Figure(
            what=f"{what}: processor time of the server's processes",
            against=others,
            spread=Spread.of([_cpu(each) for each in samples["library"]]),
            goal=_CPU_GOALS[what],
            unit="ms",
            less_is_better=True,
        )
    )
    return figures


def _cpu(sample: Sample) -> float:
    """Milliseconds for each operation."""
    return sample.cpu * 1e3
