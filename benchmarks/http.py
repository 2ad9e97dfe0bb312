"""The cost of the web server, the framework and the token, on top of the commands."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks import circulation
from benchmarks.circulation import Lending
from benchmarks.environment import Environment
from benchmarks.figures import Figure, ratio_figure
from benchmarks.http_client import HttpClient
from benchmarks.psycopg_reference import PsycopgReference
from benchmarks.rounds import Variant, interleave
from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import IssueToken
from tests.system import System

COPIES = 80
CLIENTS = 8

Client = Callable[[Lending], None]


def measure(environment: Environment, *, rounds: int) -> list[Figure]:
    """Eight clients borrow and return: over HTTP as the Procfile serves it, and with plain psycopg."""
    # Clients share no patron, whose row they would lock in turn.
    lendings = sorted(circulation.create_lendings(copies=COPIES), key=lambda lending: lending.card)
    each = COPIES // CLIENTS
    shares = [lendings[first : first + each] for first in range(0, COPIES, each)]
    token = dispatch(IssueToken(name="benchmark", scopes=("circulation:write",))).token
    settings = {"DATABASE_URL": environment.database_url, "LOG_FORMAT": "json"}
    with System(**settings) as system, ThreadPoolExecutor(CLIENTS) as threads:
        system.start("web")
        clients = {
            "hand": [_psycopg_client(PsycopgReference(environment.database_url)) for _ in shares],
            "http": [_http_client(HttpClient(system.url, token=token)) for _ in shares],
        }
        samples = interleave(
            [
                Variant(
                    name=name,
                    run=_concurrently(threads, those, shares),
                    prepare=circulation.delete_loans,
                    check=_check_returned,
                )
                for name, those in clients.items()
            ],
            rounds=rounds,
        )
    return [
        ratio_figure(
            samples,
            ours="http",
            reference="hand",
            what=f"borrow + return over HTTP, token checked, {CLIENTS} clients",
            against="the same locks and rows by hand (psycopg)",
            goal=0.30,
            limit=0.20,
        )
    ]


def _psycopg_client(reference: PsycopgReference) -> Client:
    def borrow_and_return(lending: Lending) -> None:
        reference.borrow(lending)
        reference.return_book(lending)

    return borrow_and_return


def _http_client(client: HttpClient) -> Client:
    def borrow_and_return(lending: Lending) -> None:
        client.post("/api/v1/loans", {"copy_barcode": lending.barcode, "patron_card": lending.card})
        client.post("/api/v1/returns", {"copy_barcode": lending.barcode})

    return borrow_and_return


def _concurrently(
    threads: ThreadPoolExecutor, clients: Sequence[Client], shares: Sequence[Sequence[Lending]]
) -> Callable[[], int]:
    def run() -> int:
        runs = [circulation.for_each(part, client) for client, part in zip(clients, shares, strict=True)]
        return sum(threads.map(lambda each: each(), runs))

    return run


def _check_returned(count: int) -> None:
    circulation.expect(open_loans=0, loans=count, events=2 * count)
