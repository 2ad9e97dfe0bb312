"""A circuit breaker in one process: what counts, what passes, and what it takes part in."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from circuitbreaker import CircuitBreakerMonitor
from django.db import transaction
from django.db.models import F
from pytest_django import DjangoAssertNumQueries, Settings

from shared_kernel.domain.errors import Refused
from shared_kernel.models import AuditEntry, Breaker
from shared_kernel.resilience.breakers import BreakerOpen, SharedBreaker, breaker
from shared_kernel.resilience.registry import all_breakers
from shared_kernel.services.breakers import CloseBreaker, HoldBreakerOpen
from shared_kernel.services.commands import dispatch

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


class ServiceFailure(Exception):
    pass


class Rejected(Exception):
    pass


@pytest.fixture
def sendgrid() -> Iterator[SharedBreaker]:
    breaker.cache_clear()
    yield breaker("sendgrid")
    breaker.cache_clear()


def fail(error: type[Exception] = ServiceFailure) -> None:
    raise error


def opened(sendgrid: SharedBreaker) -> None:
    for _ in range(3):
        with pytest.raises(ServiceFailure):
            sendgrid.call(fail, counts=(ServiceFailure,))


def after(seconds: float) -> SharedBreaker:
    """The breaker as a process sees it that looks so much later."""
    Breaker.objects.update(opened_at=F("opened_at") - timedelta(seconds=seconds))
    breaker.cache_clear()
    return breaker("sendgrid")


class TestCalling:
    def test_hands_arguments_in_and_the_result_out(self, sendgrid: SharedBreaker) -> None:
        assert sendgrid.call(divmod, 7, 2, counts=()) == (3, 1)
        assert sendgrid.call(dict, title="Emma", counts=()) == {"title": "Emma"}

    def test_costs_one_query_in_half_a_second_while_closed(
        self, sendgrid: SharedBreaker, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(1):
            for _ in range(5):
                sendgrid.call(list, counts=(ServiceFailure,))

    def test_never_calls_while_open(self, sendgrid: SharedBreaker) -> None:
        opened(sendgrid)
        called: list[str] = []
        with pytest.raises(BreakerOpen, match=r"^the circuit breaker sendgrid is open until ") as rejected:
            sendgrid.call(called.append, "letter", counts=(ServiceFailure,))
        assert not called
        assert rejected.value.retry_at is not None
        left = rejected.value.retry_at - datetime.now(UTC)
        assert timedelta(seconds=55) < left <= timedelta(seconds=60)

    def test_guards_a_block_as_well(self, sendgrid: SharedBreaker) -> None:
        for _ in range(3):
            with pytest.raises(ServiceFailure), sendgrid.guarding(ServiceFailure):
                fail()
        with pytest.raises(BreakerOpen), sendgrid.guarding(ServiceFailure):
            pytest.fail("the block was entered")

    def test_counts_what_was_named_and_nothing_else(self, sendgrid: SharedBreaker) -> None:
        for _ in range(9):
            with pytest.raises(Rejected):
                sendgrid.call(fail, Rejected, counts=(ServiceFailure,))
        assert sendgrid.state == "closed"

    def test_counts_a_rejection_as_no_success_either(self, sendgrid: SharedBreaker) -> None:
        for error in (ServiceFailure, ServiceFailure, Rejected, ServiceFailure):
            with pytest.raises(error):
                sendgrid.call(fail, error, counts=(ServiceFailure,))
        assert sendgrid.state == "open"

    def test_closes_after_two_good_probes(self, sendgrid: SharedBreaker) -> None:
        opened(sendgrid)
        sendgrid = after(seconds=60)
        assert sendgrid.state == "half_open"
        sendgrid.call(list, counts=(ServiceFailure,))
        assert sendgrid.state == "half_open"
        sendgrid.call(list, counts=(ServiceFailure,))
        assert (sendgrid.state, sendgrid.retry_at) == ("closed", None)

    def test_refuses_to_count_within_a_transaction_that_might_roll_back(
        self, sendgrid: SharedBreaker
    ) -> None:
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            sendgrid.call(fail, counts=(ServiceFailure,))


class TestBeingALibrarysBreaker:
    def test_is_known_to_the_monitor(self, sendgrid: SharedBreaker) -> None:
        opened(sendgrid)
        assert CircuitBreakerMonitor.get("sendgrid") is sendgrid
        assert sendgrid in CircuitBreakerMonitor.get_open()
        assert (sendgrid.failure_count, sendgrid.last_failure) == (3, "ServiceFailure")
        assert 55 < sendgrid.open_remaining <= 60

    def test_can_be_reset(self, sendgrid: SharedBreaker) -> None:
        opened(sendgrid)
        sendgrid.reset()
        assert (sendgrid.state, sendgrid.failure_count, sendgrid.open_remaining) == ("closed", 0, 0)

    def test_refuses_the_form_that_would_guard_nothing(self, sendgrid: SharedBreaker) -> None:
        with pytest.raises(TypeError, match="say what counts"), sendgrid:
            pass

    def test_has_no_name_that_settings_do_not_know(self) -> None:
        with pytest.raises(KeyError):
            breaker("carrier pigeon")


class TestOrdersOfAnOperator:
    def order(self, command: HoldBreakerOpen | CloseBreaker) -> SharedBreaker:
        """Give it, and look as another process does."""
        dispatch(command)
        breaker.cache_clear()
        return breaker("sendgrid")

    def test_keep_a_breaker_open_until_somebody_closes_it(self, sendgrid: SharedBreaker) -> None:
        held = self.order(HoldBreakerOpen(name="sendgrid", comment="they are moving house"))
        with pytest.raises(BreakerOpen, match="until somebody closes it"):
            held.call(list, counts=())
        with pytest.raises(BreakerOpen):
            after(10_000).call(list, counts=())
        closed = self.order(CloseBreaker(name="sendgrid", comment="they are back"))
        assert closed.call(list, counts=()) == []
        assert list(AuditEntry.objects.order_by("id").values_list("action", "comment", "subjects")) == [
            ("HoldBreakerOpen", "they are moving house", {"breaker": "sendgrid"}),
            ("CloseBreaker", "they are back", {"breaker": "sendgrid"}),
        ]

    def test_close_one_that_failures_have_opened(self, sendgrid: SharedBreaker) -> None:
        opened(sendgrid)
        assert self.order(CloseBreaker(name="sendgrid", comment="mended")).state == "closed"

    @pytest.mark.parametrize(("name", "comment"), [("sendgrid", "  "), ("nonsense", "why not")])
    def test_are_refused_without_a_reason_or_a_breaker(self, name: str, comment: str) -> None:
        with pytest.raises(Refused):
            dispatch(HoldBreakerOpen(name=name, comment=comment))
        assert not Breaker.objects.exclude(state="closed").exists()
        assert AuditEntry.objects.get().outcome == "refused"


class TestAChangedSetting:
    """The breaker is open; then somebody mends the service's address and restarts."""

    def restarted(self, settings: Settings, **changed: object) -> SharedBreaker:
        for name, value in changed.items():
            setattr(settings, name, value)
        breaker.cache_clear()
        return breaker("sendgrid")

    @pytest.mark.parametrize("mended", [("https://elsewhere", "SG.key"), ("https://here", "SG.other")])
    def test_of_the_service_is_tried_at_once(self, settings: Settings, mended: tuple[str, str]) -> None:
        first = self.restarted(settings, CIRCUIT_BREAKER_SERVICES={"sendgrid": ("https://here", "SG.key")})
        opened(first)
        assert self.restarted(settings).state == "open"
        other = self.restarted(settings, CIRCUIT_BREAKER_SERVICES={"sendgrid": mended})
        assert other.state == "closed"
        assert other.call(divmod, 7, 2, counts=()) == (3, 1)
        opened(other)  # after as many failures as any
        assert (other.state, other.failure_count) == ("open", 3)

    def test_of_the_service_shows_in_the_registry(self, settings: Settings) -> None:
        services = {"rabbitmq": ("amqp://here",), "sendgrid": ("https://here", "SG.key")}
        opened(self.restarted(settings, CIRCUIT_BREAKER_SERVICES=services))
        assert [each.state for each in all_breakers()] == ["closed", "open"]
        self.restarted(settings, CIRCUIT_BREAKER_SERVICES={**services, "sendgrid": ("https://there", "")})
        assert [each.state for each in all_breakers()] == ["closed", "closed"]

    def test_of_the_service_does_not_let_through_what_somebody_holds_open(self, settings: Settings) -> None:
        self.restarted(settings, CIRCUIT_BREAKER_SERVICES={"sendgrid": ("https://here", "SG.key")})
        dispatch(HoldBreakerOpen(name="sendgrid", comment="work on it"))
        other = self.restarted(settings, CIRCUIT_BREAKER_SERVICES={"sendgrid": ("https://there", "")})
        with pytest.raises(BreakerOpen):
            other.call(divmod, 7, 2, counts=())

    def test_of_the_breaker_counts_at_once(self, settings: Settings) -> None:
        opened(self.restarted(settings))
        limits = {**settings.CIRCUIT_BREAKERS["sendgrid"], "timeout": 0.001}
        shorter = self.restarted(settings, CIRCUIT_BREAKERS={"sendgrid": limits})
        assert shorter.state == "half_open"

    def test_of_the_service_is_not_stored(self, settings: Settings) -> None:
        opened(self.restarted(settings, CIRCUIT_BREAKER_SERVICES={"sendgrid": ("https://here", "SG.key")}))
        stored = str(Breaker.objects.values().get())
        assert "SG.key" not in stored
        assert "https://here" not in stored
