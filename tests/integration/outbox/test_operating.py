"""The management commands of event delivery."""

import io
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from outbox.models import InboxEntry, OutboxMessage, QuarantinedMessage
from outbox.status import outbox_lag
from shared_kernel.models import AuditEntry, IdempotencyRecord
from tests.fakes import ledger
from tests.fakes.ledger import commit, effects, things
from tests.infrastructure.outbox.conftest import Delivery

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("in_process"),
]


def output_of(*command: str) -> str:
    output = io.StringIO()
    call_command(*command, stdout=output)
    return output.getvalue()


def json_of(*command: str) -> Any:  # JSON
    return json.loads(output_of(*command, "--json"))


@pytest.fixture
def quarantined(in_process: Delivery) -> QuarantinedMessage:
    """A poison message that the consumer `shelf` has quarantined."""
    commit(*things(1), poison=True)
    OutboxMessage.objects.update(attempts=4)
    in_process.deliver()
    return QuarantinedMessage.objects.get(consumer="shelf")


class TestRelayOutbox:
    def test_publishes_pending_events(self) -> None:
        events = commit(*things(3))
        assert output_of("relay_outbox", "--once") == "Published 3 events.\n"
        assert [effect.event_id for effect in effects("desk")] == events
        assert json_of("relay_outbox", "--once") == {"published": 0, "failed": 0}

    def test_reports_failed_events(self) -> None:
        commit(*things(2), poison=True)
        assert "2 failed and will be retried" in output_of("relay_outbox", "--once")


class TestOutboxStatus:
    def test_shows_pending_events_and_their_age(self) -> None:
        commit(*things(2))
        OutboxMessage.objects.update(recorded_at=timezone.now() - timedelta(seconds=90))
        status = json_of("outbox_status")
        assert (status["pending"], status["failing"], status["inboxes"]) == (2, 0, [])
        assert 90 <= status["oldest_age_seconds"] < 100
        assert "2 events pending, the oldest for 9" in output_of("outbox_status")

    def test_shows_what_each_context_received_and_what_is_quarantined(
        self, quarantined: QuarantinedMessage
    ) -> None:
        commit(*things(2))
        call_command("relay_outbox", "--once", stdout=io.StringIO())
        shelf = next(inbox for inbox in json_of("outbox_status")["inboxes"] if inbox["consumer"] == "shelf")
        assert (shelf["received"], shelf["quarantined"]) == (2, 1)
        assert "shelf" in output_of("outbox_status")

    def test_counts_failing_events_apart(self) -> None:
        commit(*things(1), poison=True)
        call_command("relay_outbox", "--once", stdout=io.StringIO())
        assert outbox_lag() == (0, 0.0)
        assert json_of("outbox_status")["failing"] == 1


class TestReplayQuarantine:
    def test_handles_a_message_once_after_its_cause_is_fixed(self, quarantined: QuarantinedMessage) -> None:
        ledger.antidote.append("fixed")
        assert "replayed" in output_of("replay_quarantine", str(quarantined.id))
        assert [effect.event_id for effect in effects("shelf")] == [quarantined.event_id]
        quarantined.refresh_from_db()
        assert quarantined.replayed_at
        with pytest.raises(CommandError):
            output_of("replay_quarantine", str(quarantined.id))
        assert len(effects("shelf")) == 1

    def test_keeps_a_message_that_fails_again(self, quarantined: QuarantinedMessage) -> None:
        with pytest.raises(CommandError, match="still_unhandled: 1 of 1") as refused:
            output_of("replay_quarantine", str(quarantined.id))
        assert refused.value.returncode == 1
        assert QuarantinedMessage.objects.get(id=quarantined.id).replayed_at is None
        assert effects("shelf") == []

    def test_replays_all_and_reports_each(self, quarantined: QuarantinedMessage) -> None:
        ledger.antidote.append("fixed")
        assert {each["replayed"] for each in json_of("replay_quarantine", "--all")} == {True}
        assert len(effects()) == 2
        assert output_of("replay_quarantine", "--all") == "Nothing is in quarantine.\n"

    def test_lists_the_quarantine(self, quarantined: QuarantinedMessage) -> None:
        [listed] = [each for each in json_of("replay_quarantine") if each["consumer"] == "shelf"]
        assert listed["reason"] == "Poisoned: this can't be handled"
        assert listed["event"] == str(quarantined.event_id)
        assert listed["digest"] == quarantined.digest
        assert str(quarantined.id) in output_of("replay_quarantine")

    def test_is_audited(self, quarantined: QuarantinedMessage) -> None:
        with pytest.raises(CommandError):
            output_of("replay_quarantine", str(quarantined.id))
        ledger.antidote.append("fixed")
        output_of("replay_quarantine", str(quarantined.id))
        outcomes = AuditEntry.objects.filter(action="ReplayQuarantine").order_by("id")
        assert [(each.outcome, each.subjects["event"]) for each in outcomes] == [
            ("refused", str(quarantined.event_id)),
            ("done", str(quarantined.event_id)),
        ]

    def test_refuses_unreadable_and_unknown_messages(self) -> None:
        QuarantinedMessage.objects.quarantine(
            consumer="shelf", payload=b"nonsense", digest="d", reason="r", event_id=None, event_type=""
        )
        with pytest.raises(CommandError):
            output_of("replay_quarantine", "--all")
        with pytest.raises(CommandError):
            output_of("replay_quarantine", "4711")


class TestPruneOutbox:
    def test_deletes_old_delivered_events_alone(self, in_process: Delivery) -> None:
        commit(*things(3))
        in_process.deliver()
        commit(*things(1))
        long_ago = timezone.now() - timedelta(days=31)
        OutboxMessage.objects.filter(published_at__isnull=False).update(published_at=long_ago)
        OutboxMessage.objects.update(recorded_at=long_ago)
        InboxEntry.objects.update(received_at=long_ago)
        assert json_of("prune_outbox") == {
            "messages": 3,
            "inbox_entries": 0,
            "quarantined": 0,
            "answers": 0,
            "denials": 0,
        }
        InboxEntry.objects.update(received_at=long_ago - timedelta(days=30))
        assert "Deleted 0 events, 6 inbox entries" in output_of("prune_outbox")
        assert OutboxMessage.objects.filter(published_at=None).count() == 1

    def test_deletes_expired_idempotency_results(self) -> None:
        now = timezone.now()
        for number, hours in enumerate((47, 49)):
            columns = {"claimed_at": now - timedelta(hours=hours), "claim": uuid4(), "result": b"{}"}
            IdempotencyRecord.objects.create(
                principal="user:1", key=f"key-{number}", fingerprint="", **columns
            )
        assert json_of("prune_outbox")["answers"] == 1
        assert IdempotencyRecord.objects.get().key == "key-0"

    def test_keeps_unreplayed_messages(self, quarantined: QuarantinedMessage) -> None:
        long_ago = timezone.now() - timedelta(days=365)
        QuarantinedMessage.objects.update(arrived_at=long_ago)
        QuarantinedMessage.objects.filter(consumer="desk").update(replayed_at=long_ago)
        assert json_of("prune_outbox", "--days", "30")["quarantined"] == 1
        assert QuarantinedMessage.objects.get() == quarantined

    @pytest.mark.parametrize("days", ["0", "-1", "soon", "99999999999"])
    def test_rejects_an_invalid_number_of_days(self, days: str) -> None:
        with pytest.raises(CommandError, match="not a number of days"):
            output_of("prune_outbox", f"--days={days}")


class TestWithoutABroker:
    @pytest.mark.parametrize("command", [("consume_events", "shelf"), ("declare_topology",)])
    def test_commands_that_need_one_are_refused(self, command: tuple[str, ...]) -> None:
        with pytest.raises(CommandError, match="no_broker") as refused:
            output_of(*command)
        assert refused.value.returncode == 1

    def test_an_unknown_context_is_a_usage_error(self) -> None:
        with pytest.raises(CommandError, match="invalid choice"):
            output_of("consume_events", "nowhere")


class TestTheAdministration:
    @pytest.fixture
    def operator(self) -> Client:
        client = Client()
        client.force_login(User.objects.create_superuser("operator", "", "a long password"))
        return client

    @pytest.mark.parametrize("page", ["outboxmessage", "inboxentry", "quarantinedmessage"])
    def test_shows_no_payload(self, operator: Client, quarantined: QuarantinedMessage, page: str) -> None:
        commit(*things(1), note="who borrowed what")
        call_command("relay_outbox", "--once", stdout=io.StringIO())
        assert operator.get(f"/admin/outbox/{page}/").status_code == 200
        assert (
            operator.get(f"/admin/outbox/{page}/?q=0c5ee5a8-0000-4000-8000-000000000000").status_code == 200
        )
        model = {each._meta.model_name: each for each in (OutboxMessage, InboxEntry, QuarantinedMessage)}[
            page
        ]
        row = model.objects.order_by("-id")[0]
        detail = operator.get(f"/admin/outbox/{page}/{row.pk}/change/")
        assert detail.status_code == 200
        assert "who borrowed what" not in detail.content.decode()

    def test_replays(self, operator: Client, quarantined: QuarantinedMessage) -> None:
        ledger.antidote.append("fixed")
        form = {"action": "replay", "_selected_action": [quarantined.id]}
        response = operator.post("/admin/outbox/quarantinedmessage/", form, follow=True)
        assert response.status_code == 200
        assert [effect.event_id for effect in effects("shelf")] == [quarantined.event_id]

    def test_shows_why_a_replay_failed(self, operator: Client, quarantined: QuarantinedMessage) -> None:
        form = {"action": "replay", "_selected_action": [quarantined.id]}
        page = operator.post("/admin/outbox/quarantinedmessage/", form, follow=True).content.decode()
        assert "The message failed again" in page
        assert effects("shelf") == []
