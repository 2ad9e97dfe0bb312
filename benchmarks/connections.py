"""Ten thousand connected clients, compared with a tenth of them at the same total request rate."""

import resource
from collections.abc import Sequence
from io import StringIO

import psutil  # type: ignore[import-untyped]  # it ships no types
from django.core.management import call_command

from benchmarks import circulation
from benchmarks.environment import Environment
from benchmarks.figures import Figure
from benchmarks.lending import Lending
from benchmarks.rounds import InvalidMeasurement, Spread
from catalog.models import BookRow
from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import IssueToken
from tests.load.crowd import CrowdProfile, CrowdResult, PlannedRequest, run_crowd
from tests.services.daemon import Daemon
from tests.system import System

MANY, FEW = 10_000, 1_000
#: The percentage of clients that borrow and return; the others read.
WRITERS = 7
BOOKS, PATRONS = 2000, 200
#: Seconds between two requests of each of the many clients: some 420 requests a second in all.
THINK = 24.0
ARRIVING, STAYING = 12.0, 20.0
_WORDS = ("the", "history", "hobbit", "middlemarch", "art of")


def measure(environment: Environment, *, rounds: int) -> list[Figure]:
    """Run both crowds of clients for a while; a round takes as long as five of another benchmark."""
    _raise_file_limit(3 * MANY)
    call_command("seed_demo", books=BOOKS, patrons=PATRONS, loans=0, stdout=StringIO(), stderr=StringIO())
    lendings = circulation.create_lendings(copies=MANY * WRITERS // 100)
    token = dispatch(IssueToken(name="crowd", scopes=("circulation:read", "circulation:write"))).token
    reads = _reads()
    few: list[CrowdResult] = []
    many: list[CrowdResult] = []
    costs: list[tuple[float, float]] = []
    settings = {"DATABASE_URL": environment.database_url, "LOG_FORMAT": "json"}
    with System(**settings) as system:
        system.start("web")
        for _ in range(max(1, rounds // 5)):
            few.append(_crowd(system.url, token, FEW, reads, lendings, think=THINK * FEW / MANY))
            circulation.delete_loans()
            cpu_times = _CpuTimes(web=[*system.running()], database=_family(environment))
            many.append(_crowd(system.url, token, MANY, reads, lendings, think=THINK))
            web, database = cpu_times.since()
            costs.append((web / len(many[-1].seconds), database / len(many[-1].seconds)))
            circulation.delete_loans()
    ratios = [more.percentile(99) / less.percentile(99) for less, more in zip(few, many, strict=True)]
    mix = f"{MANY} connected clients, {WRITERS} % of the requests write"
    return [
        Figure(
            what="requests answered a second, no error",
            against=mix,
            spread=Spread.of([each.rate for each in many]),
            goal=400,
            limit=400,
            unit="/s",
        ),
        Figure(
            what="p50 of a request",
            against=mix,
            spread=_milliseconds(many, 50),
            unit="ms",
            less_is_better=True,
        ),
        Figure(
            what="p99 of a request",
            against=mix,
            spread=_milliseconds(many, 99),
            unit="ms",
            less_is_better=True,
        ),
        Figure(
            what=f"p99 of a request, {MANY} clients connected",
            against=f"{FEW} clients with the same total request rate",
            spread=Spread.of(ratios),
            goal=3,
            less_is_better=True,
        ),
        *(
            Figure(
                what=f"processor time of a request in {where}",
                against=mix,
                spread=Spread.of([cost[number] * 1e3 for cost in costs]),
                unit="ms",
                less_is_better=True,
            )
            for number, where in enumerate(("the web server", "PostgreSQL"))
        ),
    ]


class _CpuTimes:
    """The processor time of running processes."""

    def __init__(self, *, web: Sequence[int], database: Sequence[int]) -> None:
        self._families = web, database
        self._before = self._now()

    def since(self) -> tuple[float, float]:
        """The seconds used by the web server and by the database since the start."""
        web, database = (now - before for now, before in zip(self._now(), self._before, strict=True))
        return web, database

    def _now(self) -> list[float]:
        times = [[psutil.Process(pid).cpu_times() for pid in family] for family in self._families]
        return [sum(each.user + each.system for each in family) for family in times]


def _family(environment: Environment) -> list[int]:
    process = environment.postgresql.process
    if not isinstance(process, Daemon) or process.pid is None:
        raise InvalidMeasurement("PostgreSQL was not started by this benchmark")
    return [process.pid, *(child.pid for child in psutil.Process(process.pid).children())]


def _milliseconds(crowds: Sequence[CrowdResult], percent: int) -> Spread:
    return Spread.of([each.percentile(percent) * 1e3 for each in crowds])


def _crowd(
    url: str, token: str, clients: int, reads: Sequence[str], lendings: Sequence[Lending], *, think: float
) -> CrowdResult:
    writers = clients * WRITERS // 100
    posts = [asked for lending in lendings[:writers] for asked in _journey(lending)]
    how = CrowdProfile(think=think, arriving=ARRIVING * clients / MANY, staying=STAYING)
    seen = run_crowd(url, token=token, readers=clients - writers, reads=reads, lendings=posts, how=how)
    if seen.troubles:
        raise InvalidMeasurement(f"{len(seen.troubles)} troubles, as {seen.troubles[0]}")
    if seen.connected != clients or not seen.posts:
        raise InvalidMeasurement(f"{seen.connected} of {clients} were there, {seen.posts} posts")
    return seen


def _journey(lending: Lending) -> tuple[PlannedRequest, PlannedRequest]:
    borrow = {"copy_barcode": lending.barcode, "patron_card": lending.card}
    return (
        PlannedRequest(path="/api/v1/loans", body=borrow),
        PlannedRequest(path="/api/v1/returns", body={"copy_barcode": lending.barcode}),
    )


def _reads() -> list[str]:
    """A typical mix for a catalogue: mostly single books, then searches, then lists."""
    books = [f"/api/v1/books/{id_}" for id_ in BookRow.objects.values_list("id", flat=True)[:300]]
    searches = [f"/api/v1/books?q={word.replace(' ', '+')}" for word in _WORDS]
    lists = ["/api/v1/books", "/api/v1/books?available=true", "/api/v1/books?language=eng"]
    return [*books, *(searches * 20), *(lists * 12)]


def _raise_file_limit(count: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < count:
        count = most
    if count < MANY + 1000:
        raise InvalidMeasurement(f"this user may open {count} files, not {MANY + 1000}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, most))
