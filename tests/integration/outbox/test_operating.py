"""What an operator can see and do: commands and the administration."""

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

from outbox.models import InboxReceipt, OutboxMessage, QuarantinedMessage
from outbox.status import outbox_lag
from shared_kernel.models import AuditEntry, Receipt
from tests.fakes import ledger
from tests.fakes.ledger import commit, effects, things
from tests.infrastructure.outbox.conftest import Delivery

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("in_process"),
]


def said(*command: str) -> str:
    output = io.StringIO()
    call_command(*command, stdout=output)
    return output.getvalue()


def answered(*command: str) -> Any:  # JSON
    return json.loads(said(*command, "--json"))


@pytest.fixture
def quarantined(in_process: Delivery) -> QuarantinedMessage:
    """A poisonous event that the shelf gave up."""
    commit(*things(1), poison=True)
    OutboxMessage.objects.update(attempts=4)
    in_process.deliver()
    return QuarantinedMessage.objects.get(consumer="shelf")


class TestRelayOutbox:
    def test_publishes_once_what_waits(self) -> None:
        events = commit(*things(3))
        assert said("relay_outbox", "--once") == "Published 3 events.\n"
        assert [effect.event_id for effect in effects("desk")] == events
        assert answered("relay_outbox", "--once") == {"published": 0, "failed": 0}

    def test_tells_of_events_that_failed(self) -> None:
        commit(*things(2), poison=True)
        assert "2 failed and will be tried again" in said("relay_outbox", "--once")


class TestOutboxStatus:
    def test_tells_what_waits_and_since_when(self) -> None:
        commit(*things(2))
        OutboxMessage.objects.update(recorded_at=timezone.now() - timedelta(seconds=90))
        status = answered("outbox_status")
        assert (status["pending"], status["failing"], status["inboxes"]) == (2, 0, [])
        assert 90 <= status["oldest_age_seconds"] < 100
        assert "2 events wait to be published, the oldest for 9" in said("outbox_status")

    def test_tells_what_each_context_received_and_what_got_stuck(
        self, quarantined: QuarantinedMessage
    ) -> None:
        commit(*things(2))
        call_command("relay_outbox", "--once", stdout=io.StringIO())
        shelf = next(inbox for inbox in answered("outbox_status")["inboxes"] if inbox["consumer"] == "shelf")
        assert (shelf["received"], shelf["quarantined"]) == (2, 1)
        assert "shelf" in said("outbox_status")

    def test_counts_no_event_that_is_at_fault_itself(self) -> None:
        commit(*things(1), poison=True)
        call_command("relay_outbox", "--once", stdout=io.StringIO())
        assert outbox_lag() == (0, 0.0)
        assert answered("outbox_status")["failing"] == 1


class TestReplayQuarantine:
    def test_handles_a_message_once_after_its_cause_is_mended(self, quarantined: QuarantinedMessage) -> None:
        ledger.antidote.append("mended")
        assert "replayed" in said("replay_quarantine", str(quarantined.id))
        assert [effect.event_id for effect in effects("shelf")] == [quarantined.event_id]
        quarantined.refresh_from_db()
        assert quarantined.replayed_at
        with pytest.raises(CommandError):
            said("replay_quarantine", str(quarantined.id))
        assert len(effects("shelf")) == 1

    def test_leaves_it_where_it_is_while_it_still_fails(self, quarantined: QuarantinedMessage) -> None:
        with pytest.raises(CommandError, match="still_unhandled: 1 of 1") as refused:
            said("replay_quarantine", str(quarantined.id))
        assert refused.value.returncode == 1
        assert QuarantinedMessage.objects.get(id=quarantined.id).replayed_at is None
        assert effects("shelf") == []

    def test_takes_all_and_reports_each(self, quarantined: QuarantinedMessage) -> None:
        ledger.antidote.append("mended")
        assert {each["replayed"] for each in answered("replay_quarantine", "--all")} == {True}
        assert len(effects()) == 2
        assert said("replay_quarantine", "--all") == "Nothing is in quarantine.\n"

    def test_lists_what_is_there(self, quarantined: QuarantinedMessage) -> None:
        [listed] = [each for each in answered("replay_quarantine") if each["consumer"] == "shelf"]
        assert listed["reason"] == "Poisoned: this can't be handled"
        assert listed["event"] == str(quarantined.event_id)
        assert listed["digest"] == quarantined.digest
        assert str(quarantined.id) in said("replay_quarantine")

    def test_is_on_record_done_or_refused(self, quarantined: QuarantinedMessage) -> None:
        with pytest.raises(CommandError):
            said("replay_quarantine", str(quarantined.id))
        ledger.antidote.append("mended")
        said("replay_quarantine", str(quarantined.id))
        outcomes = AuditEntry.objects.filter(action="ReplayQuarantine").order_by("id")
        assert [(each.outcome, each.subjects["event"]) for each in outcomes] == [
            ("refused", str(quarantined.event_id)),
            ("done", str(quarantined.event_id)),
        ]

    def test_refuses_what_nobody_can_read_and_what_is_not_there(self) -> None:
        QuarantinedMessage.objects.keep(
            consumer="shelf", payload=b"nonsense", digest="d", reason="r", event_id=None, event_type=""
        )
        with pytest.raises(CommandError):
            said("replay_quarantine", "--all")
        with pytest.raises(CommandError):
            said("replay_quarantine", "4711")


class TestPruneOutbox:
    def test_forgets_what_was_delivered_long_ago_and_nothing_else(self, in_process: Delivery) -> None:
        commit(*things(3))
        in_process.deliver()
        commit(*things(1))
        long_ago = timezone.now() - timedelta(days=31)
        OutboxMessage.objects.filter(published_at__isnull=False).update(published_at=long_ago)
        OutboxMessage.objects.update(recorded_at=long_ago)
        InboxReceipt.objects.update(received_at=long_ago)
        assert answered("prune_outbox") == {
            "messages": 3,
            "receipts": 0,
            "quarantined": 0,
            "answers": 0,
            "denials": 0,
        }
        InboxReceipt.objects.update(received_at=long_ago - timedelta(days=30))
        assert "Deleted 0 events, 6 receipts" in said("prune_outbox")
        assert OutboxMessage.objects.filter(published_at=None).count() == 1

    def test_forgets_answers_once_they_are_not_given_again(self) -> None:
        now = timezone.now()
        for number, hours in enumerate((47, 49)):
            answer = {"claimed_at": now - timedelta(hours=hours), "claim": uuid4(), "result": b"{}"}
            Receipt.objects.create(principal="user:1", key=f"key-{number}", fingerprint="", **answer)
        assert answered("prune_outbox")["answers"] == 1
        assert Receipt.objects.get().key == "key-0"

    def test_keeps_what_waits_in_quarantine(self, quarantined: QuarantinedMessage) -> None:
        long_ago = timezone.now() - timedelta(days=365)
        QuarantinedMessage.objects.update(arrived_at=long_ago)
        QuarantinedMessage.objects.filter(consumer="desk").update(replayed_at=long_ago)
        assert answered("prune_outbox", "--days", "30")["quarantined"] == 1
        assert QuarantinedMessage.objects.get() == quarantined

    @pytest.mark.parametrize("days", ["0", "-1", "soon", "99999999999"])
    def test_refuses_what_is_no_number_of_days(self, days: str) -> None:
        with pytest.raises(CommandError, match="not a number of days"):
            said("prune_outbox", f"--days={days}")


class TestWithoutABroker:
    @pytest.mark.parametrize("command", [("consume_events", "shelf"), ("declare_topology",)])
    def test_commands_that_need_one_refuse(self, command: tuple[str, ...]) -> None:
        with pytest.raises(CommandError, match="no_broker") as refused:
            said(*command)
        assert refused.value.returncode == 1

    def test_consuming_for_an_unknown_context_is_misused(self) -> None:
        with pytest.raises(CommandError, match="invalid choice"):
            said("consume_events", "nowhere")


class TestTheAdministration:
    @pytest.fixture
    def operator(self) -> Client:
        client = Client()
        client.force_login(User.objects.create_superuser("operator", "", "a long password"))
        return client

    @pytest.mark.parametrize("page", ["outboxmessage", "inboxreceipt", "quarantinedmessage"])
    def test_shows_rows_without_what_they_say(
        self, operator: Client, quarantined: QuarantinedMessage, page: str
    ) -> None:
        commit(*things(1), note="who borrowed what")
        call_command("relay_outbox", "--once", stdout=io.StringIO())
        assert operator.get(f"/admin/outbox/{page}/").status_code == 200
        assert (
            operator.get(f"/admin/outbox/{page}/?q=0c5ee5a8-0000-4000-8000-000000000000").status_code == 200
        )
        model = {each._meta.model_name: each for each in (OutboxMessage, InboxReceipt, QuarantinedMessage)}[
            page
        ]
        row = model.objects.order_by("-id")[0]
        detail = operator.get(f"/admin/outbox/{page}/{row.pk}/change/")
        assert detail.status_code == 200
        assert "who borrowed what" not in detail.content.decode()

    def test_replays(self, operator: Client, quarantined: QuarantinedMessage) -> None:
        ledger.antidote.append("mended")
        form = {"action": "replay", "_selected_action": [quarantined.id]}
        response = operator.post("/admin/outbox/quarantinedmessage/", form, follow=True)
        assert response.status_code == 200
        assert [effect.event_id for effect in effects("shelf")] == [quarantined.event_id]

    def test_says_why_not(self, operator: Client, quarantined: QuarantinedMessage) -> None:
        form = {"action": "replay", "_selected_action": [quarantined.id]}
        page = operator.post("/admin/outbox/quarantinedmessage/", form, follow=True).content.decode()
        assert "The message failed again" in page
        assert effects("shelf") == []
