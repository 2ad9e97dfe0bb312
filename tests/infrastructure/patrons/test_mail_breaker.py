"""SendGrid's circuit breaker counts failures of the service, and no answer about a letter or about us."""

from uuid import uuid4

import pytest

from patrons.models import ChannelPauseRow, NoticeRow
from shared_kernel.models import Breaker
from shared_kernel.resilience.breakers import SharedBreaker
from tests.factories_patrons import owe
from tests.fakes.sendgrid import FakeSendGrid
from tests.infrastructure.patrons.conftest import Sweep, after_the_wait

pytestmark = pytest.mark.django_db

#: SendGrid's answers that say that it works: a letter's own fault, ours, or that we send too fast.
NO_FAILURES = ("400", "400:silent", "413", "401", "403", "404", "429:1")
FAILURES = ("500", "502", "503", "504", "redirect", "reset", "lose")


def send_again(sweep: Sweep) -> None:
    """One more round, as if all pauses and waits were over."""
    ChannelPauseRow.objects.all().delete()
    after_the_wait()
    sweep()


def counted(circuit: SharedBreaker) -> tuple[int, str, str]:
    """As the row that all processes share has it."""
    row = Breaker.objects.filter(name=circuit.name).first() or Breaker(name=circuit.name)
    return row.failures, row.state, row.last_failure


class TestTheBreaker:
    @pytest.mark.parametrize("word", NO_FAILURES)
    def test_does_not_count_what_is_no_failure_of_the_service(
        self, service: FakeSendGrid, sweep: Sweep, circuit: SharedBreaker, word: str
    ) -> None:
        service.behave(word)
        for asked in range(1, circuit.limits.failure_threshold + 2):
            owe()
            send_again(sweep)
            assert service.requests >= asked
        assert counted(circuit) == (0, "closed", "")
        service.behave("202")
        owe()
        send_again(sweep)
        assert service.accepted

    @pytest.mark.parametrize("word", FAILURES)
    def test_counts_each_failure_of_the_service(
        self, service: FakeSendGrid, sweep: Sweep, circuit: SharedBreaker, word: str
    ) -> None:
        service.behave(word)
        for failures in range(1, circuit.limits.failure_threshold + 1):
            owe()
            NoticeRow.objects.exclude(attempts=0).delete()
            send_again(sweep)
            state = "open" if failures == circuit.limits.failure_threshold else "closed"
            assert counted(circuit) == (failures, state, "MailServiceFailure")
        send_again(sweep)
        assert service.requests == circuit.limits.failure_threshold

    @pytest.mark.parametrize("word", NO_FAILURES)
    def test_takes_no_such_answer_for_a_success_either(
        self, service: FakeSendGrid, sweep: Sweep, circuit: SharedBreaker, word: str
    ) -> None:
        for answer in ("500", "500", word, "500"):
            service.behave(answer)
            NoticeRow.objects.all().delete()
            owe()
            send_again(sweep)
        assert counted(circuit) == (3, "open", "MailServiceFailure")

    def test_does_not_count_a_letter_that_could_not_be_written(
        self, service: FakeSendGrid, sweep: Sweep, circuit: SharedBreaker
    ) -> None:
        for notice in [owe(kind="carrier_pigeon"), owe(due_at="soon"), owe(), owe()]:
            NoticeRow.objects.filter(id=notice.id, kind="loan_receipt").update(patron_id=uuid4())
        assert sweep() == 4
        assert service.requests == 0
        assert counted(circuit) == (0, "closed", "")
