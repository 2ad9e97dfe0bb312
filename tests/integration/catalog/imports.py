"""Requests of the API for imports."""

from io import BytesIO
from typing import Any

from rest_framework.test import APIClient

from catalog.tasks import import_files
from tests.factories_catalog import marc

CSV = b"title,author,isbn\nEmma,Austen,141439580\n,nobody,\nRomola,Eliot,1\n"


def send(client: APIClient, content: bytes, name: str = "books.csv", **fields: Any) -> Any:
    headers = fields.pop("headers", {})
    file = BytesIO(content)
    file.name = name
    return client.post("/api/v1/imports", {"file": file, **fields}, format="multipart", headers=headers)


def look(client: APIClient, id: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/imports/{id}")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def revert(client: APIClient, id: object) -> Any:
    return client.post(f"/api/v1/imports/{id}/revert")


def imported(client: APIClient, content: bytes, name: str = "books.csv") -> dict[str, Any]:
    sent = send(client, content, name)
    assert sent.status_code == 202
    import_files()
    return look(client, sent.json()["id"])


def codes(answer: Any) -> list[str]:
    return [error["code"] for error in answer.json()["errors"]]


def volumes(count: int) -> bytes:
    return marc(*({"id": str(number), "title": f"Volume {number}"} for number in range(count))).getvalue()


def rejected(client: APIClient, id: object) -> Any:
    return client.get(f"/api/v1/imports/{id}/rejected")
