"""Requests to the API for patrons."""

from typing import Any

from django.test import Client
from rest_framework.test import APIClient

ADA = {"name": "Ada Lovelace", "email": "Ada@Example.org", "category": "premium"}


def post(client: APIClient, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
    return client.post(f"/api/v1{path}", body or {}, format="json", headers=headers)


def get(client: APIClient | Client, path: str) -> Any:
    return client.get(f"/api/v1{path}")


def codes(answer: Any) -> list[str]:
    return [error["code"] for error in answer.json()["errors"]]
