"""One request to the API, and who sends it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

NOBODY = "00000000-0000-4000-8000-000000000000"
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked below /api/v1. `body` is sent as JSON, or as a multipart form by `is_form`.

    `raw` replaces the body's octets, `environ` goes to the application as from the web server.
    """

    path: str
    body: Any = None  # any JSON
    query: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, Any] = field(default_factory=dict)  # WSGI's
    raw: bytes | None = None
    content_type: str = JSON
    is_form: bool = False

    def send(self, method: str, client: Client) -> Any:
        """The answer."""
        address = f"/api/v1/{self.path}"
        how: dict[str, Any] = {
            "query_params": dict(self.query),
            "headers": dict(self.headers),
            **self.environ,
        }
        if self.raw is None and self.is_form:
            for file in (self.body or {}).values():
                if hasattr(file, "seek"):
                    file.seek(0)  # it may have been sent before
            return client.post(address, self.body or {}, **how)
        octets = self.raw if self.raw is not None else self._as_json()
        return client.generic(method, address, octets, content_type=self.content_type, **how)

    def _as_json(self) -> bytes:
        return b"" if self.body is None else json.dumps(self.body, default=str).encode()


def codes_of(answer: Any) -> tuple[int, str]:
    """The status and the code of a problem; no code of anything else."""
    is_problem = answer.get("Content-Type") == "application/problem+json"
    return answer.status_code, answer.json()["code"] if is_problem else ""
