"""A reason that goes on record can be read: invisible characters are no reason, at any door."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from lending.models import LedgerEntryRow
from lending.services.commands.return_book import ReturnBook
from patrons.services.commands.add_block import AddBlock
from shared_kernel.domain.errors import Refused
from shared_kernel.models import AuditEntry, Breaker
from shared_kernel.services.breakers import CloseBreaker, HoldBreakerOpen
from shared_kernel.services.commands import dispatch
from shared_kernel.services.request_context import with_context
from shared_kernel.web.fields import parsed_instant
from tests.factories import a_branch, a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.integration.entry_points.conftest import Visit

pytestmark = pytest.mark.django_db

#: A blank, a zero-width space, a soft hyphen with a byte order mark, a no-break space, a Hangul filler.
INVISIBLE = [" ", "\u200b", "\u00ad\ufeff", "\u00a0", "\u3164"]
Attempt = tuple[str, dict[str, Any]]


def override(reason: str) -> Attempt:
    patron = a_patron()
    dispatch(AddBlock(patron=patron.id, reason="unpaid", until=date(2999, 1, 1)))
    overridden = {"codes": ["patron_blocked"], "comment": reason}
    body = {"copy_barcode": a_copy().barcode, "patron_card": patron.card_number, "override": overridden}
    return "loans", body


def waiver(reason: str) -> Attempt:
    patron = a_patron()
    with with_context(acts_at=parsed_instant("2024-01-15T10:00:00Z")):
        loan = a_loan(patron_card=patron.card_number)
    with with_context(acts_at=parsed_instant("2024-03-15T10:00:00Z")):
        dispatch(ReturnBook(copy_barcode=loan.copy_barcode))
    charge = LedgerEntryRow.objects.get(patron_id=patron.id)
    waived = {"charge": str(charge.id), "amount": "0.10", "reason": reason}
    return f"patrons/{patron.id}/waivers", waived


def suspension(reason: str) -> Attempt:
    return f"patrons/{a_patron().id}/suspend", {"reason": reason}


def block(reason: str) -> Attempt:
    return f"patrons/{a_patron().id}/blocks", {"reason": reason}


def erasure(reason: str) -> Attempt:
    return f"patrons/{a_patron().id}/erase", {"reason": reason}


def condition(reason: str) -> Attempt:
    return f"copies/{a_copy().barcode}", {"condition": "damaged", "reason": reason}


def closure(reason: str) -> Attempt:
    a_branch("EAST")
    return "branches/EAST/closures", {"from": "2027-05-01", "to": "2027-05-01", "reason": reason}


ATTEMPTS = [override, waiver, suspension, block, erasure, condition, closure]


class TestAReasonOnRecord:
    @pytest.mark.parametrize("reason", INVISIBLE)
    @pytest.mark.parametrize("attempt", ATTEMPTS)
    def test_can_be_read(self, visit: Visit, attempt: Callable[[str], Attempt], reason: str) -> None:
        path, body = attempt(reason)
        answer = self._send(visit("superuser"), path, body)
        assert answer.status_code == 422
        assert next(each["code"] for each in answer.json()["errors"]) in {"reason_required", "blank"}
        assert not AuditEntry.objects.filter(comment=reason, outcome="done").exists()

    @pytest.mark.parametrize("attempt", ATTEMPTS)
    def test_is_all_that_was_wanting(self, visit: Visit, attempt: Callable[[str], Attempt]) -> None:
        path, body = attempt("asked for it")
        answer = self._send(visit("superuser"), path, body)
        assert answer.status_code in {200, 201}, answer.json()

    @pytest.mark.parametrize("reason", INVISIBLE)
    @pytest.mark.parametrize("command", [HoldBreakerOpen, CloseBreaker])
    def test_of_a_breaker_can_be_read(self, command: Any, reason: str) -> None:
        with pytest.raises(Refused) as refused:
            dispatch(command(name="sendgrid", comment=reason))
        assert [each.code for each in refused.value.refusals] == ["reason_required"]
        assert not Breaker.objects.filter(held_open=True).exists()

    def _send(self, client: Client, path: str, body: dict[str, Any]) -> Any:
        method = client.patch if path.startswith("copies/") else client.post
        return method(f"/api/v1/{path}", json.dumps(body), content_type="application/json")
