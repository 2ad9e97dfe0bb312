"""The audit is append-only, and what others can make it write is bounded."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from shared_kernel.models import AuditEntry
from shared_kernel.services.audit import anonymise_entries, erase_comments, prune_denials
from shared_kernel.web.access import DENIALS_AN_HOUR
from tests.integration.conftest import Browser, Token

pytestmark = pytest.mark.django_db


def entry(*, days_ago: int = 0, outcome: str = "done", **fields: object) -> AuditEntry:
    at = timezone.now() - timedelta(days=days_ago)
    plain = {"principal": "user:1", "door": "api", "action": "BorrowBook", "correlation_id": "x"}
    return AuditEntry.objects.create(at=at, outcome=outcome, **{**plain, **fields})


def denials() -> int:
    return AuditEntry.objects.filter(outcome="denied").count()


class TestDenials:
    def test_of_one_principal_are_bounded_each_hour(self, token: Token) -> None:
        machine, other = token("catalog:read"), token("catalog:read")
        for _ in range(DENIALS_AN_HOUR + 10):
            assert Client().get(f"/api/v1/patrons/{uuid4()}", headers=machine).status_code == 403
        assert denials() == DENIALS_AN_HOUR
        last = AuditEntry.objects.filter(outcome="denied").latest("id")
        assert last.codes == ["permission_denied", "further_denials_unrecorded"]
        assert Client().get("/api/v1/patrons", headers=other).status_code == 403
        assert denials() == DENIALS_AN_HOUR + 1
        AuditEntry.objects.filter(outcome="denied").update(at=timezone.now() - timedelta(minutes=61))
        assert Client().get("/api/v1/patrons", headers=machine).status_code == 403
        assert denials() == DENIALS_AN_HOUR + 2

    def test_of_pages_are_bounded_too(self, browser: Browser) -> None:
        client = browser("patron")
        for _ in range(DENIALS_AN_HOUR + 3):
            assert client.get("/desk/").status_code == 403
        assert denials() == DENIALS_AN_HOUR

    def test_are_pruned_and_nothing_else(self) -> None:
        for outcome in ("done", "refused", "denied"):
            entry(days_ago=91, outcome=outcome)
            entry(days_ago=89, outcome=outcome)
        call_command("prune_outbox")
        assert denials() == 1
        assert AuditEntry.objects.count() == 5

    def test_are_pruned_many_at_a_time(self) -> None:
        AuditEntry.objects.bulk_create(
            AuditEntry(
                at=timezone.now() - timedelta(days=100), outcome="denied", principal="user:1", door="x"
            )
            for _ in range(1500)
        )
        assert prune_denials(before=timezone.now() - timedelta(days=90)) == 1500
        assert denials() == 0


class TestAnEntry:
    def test_of_a_loan_is_let_go_of_by_its_patron(self) -> None:
        about = {"loan": str(uuid4()), "patron": str(uuid4()), "copy": str(uuid4())}
        mine = entry(subjects=about, comment="x", principal="user:7")
        desk = entry(subjects=about, comment="y", principal="user:8")
        anonymise_entries([mine.pk, desk.pk], principal="user:7")
        mine.refresh_from_db()
        desk.refresh_from_db()
        assert (mine.principal, desk.principal) == ("somebody", "user:8")
        for each in (mine, desk):
            assert (each.comment, each.subjects.keys()) == ("", {"loan", "copy"})

    def test_loses_its_comment_alone(self) -> None:
        kept, emptied = entry(comment="kept"), entry(comment="x")
        erase_comments(AuditEntry.objects.filter(pk=emptied.pk))
        assert list(AuditEntry.objects.order_by("id").values_list("comment", flat=True)) == ["kept", ""]
        assert AuditEntry.objects.get(pk=kept.pk).comment == "kept"
