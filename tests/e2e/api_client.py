"""A client of the API over real HTTP."""

import json
import secrets
from dataclasses import dataclass
from email.message import Message
from time import monotonic
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.system import System

ALL_OF_THE_DESK = (
    *("catalog:read", "catalog:write", "patrons:read", "patrons:write"),
    *("circulation:read", "circulation:write", "accounts:write"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiResponse:
    """A response, with the seconds that it took."""

    status: int
    text: str
    headers: Message
    seconds: float

    @property
    def json(self) -> Any:  # whatever the route answers
        """The body, read."""
        return json.loads(self.text)

    @property
    def codes(self) -> list[str]:
        """Why it was refused."""
        return [error["code"] for error in self.json["errors"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patron:
    """Somebody registered, with what must never be in an event."""

    id: str
    card: str
    name: str
    email: str


class ApiClient:
    """Sends requests to the server at `url` with a token, or anonymously without one."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    @classmethod
    def of(cls, system: System) -> "ApiClient":
        """A desk with a token of its own."""
        issued = system.ask("create_token", "desk", "--scope", *ALL_OF_THE_DESK)
        return cls(system.url, issued["token"])

    def get(self, path: str) -> ApiResponse:
        """GET a path."""
        return self._exchange(Request(f"{self.url}{path}", headers=self._headers))

    def post(self, path: str, *, key: str = "", **body: Any) -> ApiResponse:  # whatever the route takes
        """POST to a path below /api/v1, with an idempotency key if given."""
        headers = {**self._headers, "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        return self._exchange(Request(f"{self.url}/api/v1{path}", json.dumps(body).encode(), headers))

    def send_file(self, name: str, content: bytes) -> ApiResponse:
        """Send a file to be imported."""
        mark = secrets.token_hex(16)
        part = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = part.encode() + content + f"\r\n--{mark}--\r\n".encode()
        headers = {**self._headers, "Content-Type": f"multipart/form-data; boundary={mark}"}
        return self._exchange(Request(f"{self.url}/api/v1/imports", body, headers))

    def add_copies(self, count: int = 1, *, title: str = "") -> list[str]:
        """Add a book with so many copies and tell their barcodes."""
        book = self._made("/books", title=title or f"Book {secrets.token_hex(4)}", authors=["Ada Lovelace"])
        barcodes = [f"E2E-{secrets.token_hex(6)}".upper() for _ in range(count)]
        for barcode in barcodes:
            self._made(f"/books/{book['id']}/copies", barcode=barcode, item_type="book")
        return barcodes

    def register(self, *, category: str = "researcher") -> Patron:
        """Register somebody whose name, address and card number are found nowhere else."""
        mark = secrets.token_hex(6)
        made = self._made(
            "/patrons", name=f"Quirin {mark}", email=f"quirin.{mark}@example.org", category=category
        )
        return Patron(id=made["id"], card=made["card_number"], name=made["name"], email=made["email"])

    def borrow(self, barcode: str, patron: Patron, *, key: str = "") -> ApiResponse:
        """Lend a copy."""
        return self.post("/loans", key=key, copy_barcode=barcode, patron_card=patron.card)

    def lend(self, barcode: str, patron: Patron) -> str:
        """Lend a copy, which must succeed, and tell the loan's id."""
        answer = self.borrow(barcode, patron)
        assert answer.status == 201, answer.text
        return str(answer.json["id"])

    def give_back(self, barcode: str) -> ApiResponse:
        """Return a copy."""
        return self.post("/returns", copy_barcode=barcode)

    def _made(self, path: str, **body: Any) -> Any:  # see post
        answer = self.post(path, **body)
        assert answer.status == 201, answer.text
        return answer.json

    def _exchange(self, request: Request) -> ApiResponse:
        begun = monotonic()
        try:
            response = urlopen(request, timeout=30)
        except HTTPError as error:
            response = error
        with response:
            text = response.read().decode()
        return ApiResponse(
            status=response.status, text=text, headers=response.headers, seconds=monotonic() - begun
        )
