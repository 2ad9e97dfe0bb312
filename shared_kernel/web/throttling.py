"""Counts requests to the API, and answers 429 to a client that asks too much (allowance.py says how)."""

from math import ceil

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from shared_kernel.web.access import principal
from shared_kernel.web.client_address import client_address
from shared_kernel.web.token_bucket import requests


class ClientThrottle(BaseThrottle):
    """Counts by token, by login, or by a stranger's address: settings.RATE_LIMITS, 0 for no limit."""

    _wait = 0.0

    def allow_request(self, request: Request, view: object) -> bool:  # noqa: ARG002  DRF's signature
        """Whether this one may go on."""
        who = principal(request)
        kind = "anonymous" if who.is_anonymous else who.id.split(":")[0]
        client = client_address(request._request) or "nowhere" if who.is_anonymous else who.id  # noqa: SLF001  DRF shows the request only so
        per_minute = settings.RATE_LIMITS[kind]
        self._wait = requests.take(client, per_minute=per_minute) if per_minute else 0.0
        return not self._wait

    def wait(self) -> float:
        """Seconds until the next may, whole ones."""
        return ceil(self._wait)
