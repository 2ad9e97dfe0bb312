"""A machine at the desk, acting at instants of its choice."""

import json
from typing import Any

from django.test import Client


class Desk:
    def __init__(self, headers: dict[str, str]) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = headers

    def send(
        self, method: str, path: str, *, at: str | None = None, key: str | None = None, **body: Any
    ) -> Any:
        headers = dict(self.headers)
        if at:
            headers["Library-Now"] = at
        if key:
            headers["Idempotency-Key"] = key
        return self.client.generic(
            method, f"/api/v1{path}", json_of(body), content_type="application/json", headers=headers
        )

    def post(self, path: str, **body: Any) -> Any:
        return self.send("POST", path, **body)

    def put(self, path: str, **body: Any) -> Any:
        return self.send("PUT", path, **body)

    def get(self, path: str, *, at: str | None = None, **params: Any) -> Any:
        headers = {**self.headers, **({"Library-Now": at} if at else {})}
        return self.client.get(f"/api/v1{path}", params, headers=headers)

    def borrow(self, barcode: str, card: str, **how: Any) -> Any:
        return self.post("/loans", copy_barcode=barcode, patron_card=card, **how)

    def give_back(self, barcode: str, **how: Any) -> Any:
        return self.post("/returns", copy_barcode=barcode, **how)

    def hold(self, book: object, card: str, **how: Any) -> Any:
        return self.post("/holds", book=str(book), patron_card=card, **how)


def json_of(body: dict[str, Any]) -> bytes:
    return json.dumps(body, default=str).encode()


def codes(response: Any) -> list[str]:
    return [error["code"] for error in response.json()["errors"]]
