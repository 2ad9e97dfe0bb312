"""What the web server, the framework and the token cost, on top of the commands."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks import desk
from benchmarks.by_hand import Hand
from benchmarks.desk import Lending
from benchmarks.figures import Figure, share
from benchmarks.place import Place
from benchmarks.rounds import Variant, interleave
from benchmarks.wire import Wire
from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import IssueToken
from tests.system import System

COPIES = 80
CLIENTS = 8

Client = Callable[[Lending], None]


def measure(place: Place, *, rounds: int) -> list[Figure]:
    """Two clients borrow and give back: over HTTP as the Procfile serves it, and by hand."""
    # Clients share no patron, whom they would lock in turn.
    lendings = sorted(desk.opened(copies=COPIES), key=lambda lending: lending.card)
    each = COPIES // CLIENTS
    shares = [lendings[first : first + each] for first in range(0, COPIES, each)]
    token = dispatch(IssueToken(name="benchmark", scopes=("circulation:write",))).token
    settings = {"DATABASE_URL": place.database_url, "LOG_FORMAT": "json"}
    with System(**settings) as system, ThreadPoolExecutor(CLIENTS) as threads:
        system.start("web")
        clients = {
            "hand": [_by_hand(Hand(place.database_url)) for _ in shares],
            "http": [_by_wire(Wire(system.url, token=token)) for _ in shares],
        }
        samples = interleave(
            [
                Variant(name=name, run=_at_once(threads, those, shares), prepare=desk.clear, check=_came_back)
                for name, those in clients.items()
            ],
            rounds=rounds,
        )
    return [
        share(
            samples,
            ours="http",
            reference="hand",
            what=f"borrow + return over HTTP, token checked, {CLIENTS} clients",
            against="the same locks and rows by hand (psycopg)",
            goal=0.30,
            limit=0.20,
        )
    ]


def _by_hand(hand: Hand) -> Client:
    def lend_and_take_back(lending: Lending) -> None:
        hand.borrow(lending)
        hand.take_back(lending)

    return lend_and_take_back


def _by_wire(wire: Wire) -> Client:
    def lend_and_take_back(lending: Lending) -> None:
        wire.post("/api/v1/loans", {"copy_barcode": lending.barcode, "patron_card": lending.card})
        wire.post("/api/v1/returns", {"copy_barcode": lending.barcode})

    return lend_and_take_back


def _at_once(
    threads: ThreadPoolExecutor, clients: Sequence[Client], shares: Sequence[Sequence[Lending]]
) -> Callable[[], int]:
    def run() -> int:
        runs = [desk.each(share, client) for client, share in zip(clients, shares, strict=True)]
        return sum(threads.map(lambda each: each(), runs))

    return run


def _came_back(count: int) -> None:
    desk.expect(open_loans=0, loans=count, events=2 * count)
