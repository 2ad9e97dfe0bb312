"""Clients at the desk who never stop: each command has an idempotency key and is repeated until answered."""

import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from random import Random
from threading import Event
from time import monotonic, sleep
from typing import Any

from tests.e2e.api_client import ApiClient, ApiResponse, Patron

CLIENTS = 3
#: How long a client goes on asking for an answer once the faults are over.
LAST_ANSWER_WITHIN = 45.0
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
_SUCCESS = range(200, 300)


@dataclass(slots=True, kw_only=True)
class Asked:
    """A command that a client gave, how often it had to, and what was answered in the end, if anything."""

    what: str
    key: str
    path: str
    body: dict[str, Any]  # the route's
    tries: int = 0
    seconds: float = 0.0
    answer: ApiResponse | None = None

    @property
    def succeeded(self) -> bool:
        """Whether it was answered as done."""
        return self.answer is not None and self.answer.status in _SUCCESS


@dataclass(slots=True)
class Stock:
    """What the clients work with."""

    copies: list[str] = field(default_factory=list)
    books: list[str] = field(default_factory=list)
    readers: list[Patron] = field(default_factory=list)
    debtors: list[Patron] = field(default_factory=list)

    @classmethod
    def bought(cls, desk: ApiClient) -> "Stock":
        """Books, copies, readers, and some who owe money."""
        stock = cls(readers=[desk.register() for _ in range(8)])
        for _ in range(6):
            book = desk.post("/books", title=f"Book {secrets.token_hex(4)}", authors=["Ada Lovelace"]).json
            stock.books.append(book["id"])
            for _ in range(4):
                barcode = f"CHAOS-{secrets.token_hex(5)}".upper()
                desk.post(f"/books/{book['id']}/copies", barcode=barcode, item_type="book")
                stock.copies.append(barcode)
        for _ in range(2):
            stock.debtors.append(_debtor(desk, stock.books[0]))
        return stock


def _debtor(desk: ApiClient, book: str) -> Patron:
    """Somebody who has lost an expensive copy."""
    barcode, patron = f"LOST-{secrets.token_hex(5)}".upper(), desk.register()
    desk.post(
        f"/books/{book}/copies",
        barcode=barcode,
        item_type="book",
        price={"amount": "900.00", "currency": "EUR"},
    )
    loan = desk.lend(barcode, patron)
    lost = desk.post(f"/loans/{loan}/declare-lost")
    assert lost.status in _SUCCESS, lost.text
    return patron


class Workload:
    """The clients. What each does is drawn from the seed; when, depends on how fast it is answered."""

    def __init__(self, desk: ApiClient, seed: int) -> None:
        self.asked: list[Asked] = []
        self._desk = desk
        self._seed = seed
        self._stock = Stock.bought(desk)
        self._pool = ThreadPoolExecutor(CLIENTS)
        self._enough = Event()
        self._clients: list[Future[None]] = []
        self._give_up_at = float("inf")

    def start(self) -> None:
        """Begin."""
        self._clients = [self._pool.submit(self._work, Random(f"{self._seed} {n}")) for n in range(CLIENTS)]

    def stop(self) -> None:
        """Let each client get its last answer."""
        self._give_up_at = monotonic() + LAST_ANSWER_WITHIN
        self._enough.set()
        for client in self._clients:
            client.result()
        self._pool.shutdown()

    def _work(self, random: Random) -> None:
        while not self._enough.wait(random.uniform(0.02, 0.2)):
            asked = self._draw(random)
            self.asked.append(asked)
            began = monotonic()
            while asked.answer is None and monotonic() < self._give_up_at:
                asked.answer = self._try(asked)
                if asked.answer is None:
                    sleep(random.uniform(0.1, 0.5))
            asked.seconds = monotonic() - began

    def _try(self, asked: Asked) -> ApiResponse | None:
        asked.tries += 1
        try:
            answer = self._desk.post(asked.path, key=asked.key, **asked.body)
        except (OSError, HTTPException):
            return None
        if answer.status >= _SERVER_ERROR or answer.status == _TOO_MANY_REQUESTS:
            return None
        return None if "idempotency_key_in_flight" in answer.text else answer

    def _draw(self, random: Random) -> Asked:
        draw: Callable[[Random], Asked] = random.choices(
            (self._borrow, self._return, self._hold, self._pay), weights=(5, 5, 1, 1)
        )[0]
        return draw(random)

    def _borrow(self, random: Random) -> Asked:
        copy, reader = random.choice(self._stock.copies), random.choice(self._stock.readers)
        return _asked(random, "borrow", "/loans", copy_barcode=copy, patron_card=reader.card)

    def _return(self, random: Random) -> Asked:
        return _asked(random, "return", "/returns", copy_barcode=random.choice(self._stock.copies))

    def _hold(self, random: Random) -> Asked:
        book, reader = random.choice(self._stock.books), random.choice(self._stock.readers)
        return _asked(random, "hold", "/holds", book=book, patron_card=reader.card)

    def _pay(self, random: Random) -> Asked:
        debtor = random.choice(self._stock.debtors)
        return _asked(random, "pay", f"/patrons/{debtor.id}/payments", amount="0.10")


def _asked(random: Random, what: str, path: str, **body: str) -> Asked:
    return Asked(what=what, key=f"chaos-{random.getrandbits(64):016x}", path=path, body=body)
