"""What both ways of publishing promise: one contract, run on each."""

from datetime import timedelta
from random import shuffle

import pytest
from django.db.models import F
from django.utils import timezone

from outbox.bootstrap import current_publisher
from outbox.models import InboxEntry, OutboxMessage, QuarantinedMessage
from outbox.publishing import OutboundMessage
from outbox.relay import drain
from tests.fakes.ledger import ThingIgnored, ThingUnsubscribed, commit, effects, things
from tests.infrastructure.outbox.conftest import Delivery

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(params=["in_process", pytest.param("by_rabbitmq", marks=pytest.mark.rabbitmq)])
def delivery(request: pytest.FixtureRequest) -> Delivery:
    found: Delivery = request.getfixturevalue(request.param)
    return found


def outgoing() -> list[OutboundMessage]:
    columns = ("id", "event_id", "type", "aggregate_id", "payload")
    return [OutboundMessage(**row) for row in OutboxMessage.objects.order_by("id").values(*columns)]


def waiting() -> int:
    return OutboxMessage.objects.filter(published_at=None).count()


class TestPublishing:
    def test_lets_each_event_take_effect_once_with_each_listener(self, delivery: Delivery) -> None:
        events = commit(*things(5))
        delivery.deliver()
        for context in ("shelf", "desk"):
            assert [effect.event_id for effect in effects(context)] == events
        assert waiting() == 0

    def test_keeps_the_order_of_each_aggregate(self, delivery: Delivery) -> None:
        subjects = things(3) * 40
        commit(*subjects)
        delivery.deliver()
        for subject in set(subjects):
            versions = [effect.version for effect in effects("shelf") if effect.subject == subject]
            assert versions == list(range(1, 41))

    def test_changes_nothing_by_publishing_again_in_any_order(self, delivery: Delivery) -> None:
        events = commit(*things(1) * 5, *things(5))
        delivery.deliver()
        repeated = outgoing() * 10
        shuffle(repeated)
        outcome = current_publisher().publish(repeated)
        assert outcome.confirmed == {each.id for each in repeated}
        delivery.consume()
        assert sorted(effect.event_id for effect in effects("desk")) == sorted(events)

    def test_lets_shuffled_events_take_effect_once_each(self, delivery: Delivery) -> None:
        events = commit(*things(2) * 25)
        shuffled = outgoing() * 2
        shuffle(shuffled)
        current_publisher().publish(shuffled)
        delivery.consume()
        assert sorted(effect.event_id for effect in effects("shelf")) == sorted(events)

    def test_is_done_with_events_that_nobody_listens_to(self, delivery: Delivery) -> None:
        commit(*things(1), kind=ThingIgnored)
        commit(*things(1), kind=ThingUnsubscribed)
        delivery.deliver()
        assert waiting() == 0
        assert effects() == []
        assert not InboxEntry.objects.exists()
        assert not QuarantinedMessage.objects.exists()

    def test_confirms_nothing_that_it_was_not_given(self, delivery: Delivery) -> None:
        assert current_publisher().publish([]).confirmed == frozenset()


class TestAMessageThatNobodyCanHandle:
    def test_goes_into_quarantine_with_reason_id_and_hash_and_stops_nobody_else(
        self, delivery: Delivery
    ) -> None:
        [subject] = things(1)
        [event] = commit(subject)
        OutboxMessage.objects.update(payload=outgoing()[0].payload.replace("happened.v1", "happened.v9"))
        OutboxMessage.objects.update(type="things.thing_happened.v9")
        good = commit(*things(3))
        delivery.deliver()
        if delivery.__class__ is Delivery:  # in process a version that nobody knows concerns nobody
            assert waiting() == 0
        else:
            kept = QuarantinedMessage.objects.get(consumer="shelf")
            assert kept.event_id == event
            assert kept.reason == "unknown version of a known type"
            assert len(kept.digest) == 64
        assert [effect.event_id for effect in effects("shelf")] == good


class TestAFailingSubscriber:
    def test_holds_up_its_own_aggregate_alone(self, in_process: Delivery) -> None:
        poisoned, healthy = things(2)
        commit(poisoned, poison=True)
        commit(poisoned, first_version=2)
        good = commit(healthy, healthy)
        in_process.deliver()
        assert [effect.event_id for effect in effects("shelf")] == good
        assert waiting() == 2

    def test_is_tried_again_later_and_after_five_failures_put_aside(self, in_process: Delivery) -> None:
        [subject] = things(1)
        [bad] = commit(subject, poison=True)
        [good] = commit(subject, first_version=2)
        for attempt in range(1, 5):
            in_process.deliver()
            message = OutboxMessage.objects.get(event_id=bad)
            assert message.attempts == attempt
            assert "Poisoned" in message.failure
            assert message.retry_at is not None
            assert message.retry_at > timezone.now()
            assert effects() == []
            OutboxMessage.objects.filter(event_id=bad).update(retry_at=F("retry_at") - timedelta(minutes=2))
        in_process.deliver()
        assert waiting() == 0
        assert {kept.consumer for kept in QuarantinedMessage.objects.filter(event_id=bad)} == {
            "shelf",
            "desk",
        }
        assert [effect.event_id for effect in effects("shelf")] == [good]

    def test_never_starves_others_however_many_fail_before_them(self, in_process: Delivery) -> None:
        commit(*things(30), poison=True)
        in_process.deliver()
        good = commit(*things(5))
        assert drain(current_publisher(), limit=10).published == 5
        assert [effect.event_id for effect in effects("desk")] == good
