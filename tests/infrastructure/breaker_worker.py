"""A process with a circuit breaker that does as it is told, one order a line (test_breakers.py)."""

import statistics
import sys
import time
from datetime import timedelta

import django

django.setup()

from django.db.models import F  # noqa: E402  Django has to be set up before

from shared_kernel.models import Breaker  # noqa: E402  Django has to be set up before
from shared_kernel.resilience.breakers import BreakerOpen, breaker  # noqa: E402  Django has to be set up before

HOUR = timedelta(hours=1)


class ServiceFailure(Exception):
    """The service failed."""


class Rejected(Exception):
    """The service works, and wants none of this: a 4xx."""


def succeed() -> str:
    return "done"


def fail() -> str:
    raise ServiceFailure


def be_rejected() -> str:
    raise Rejected


def hold() -> str:
    """Keep the call going until told how it ends."""
    _say("holding")
    return CALLS[sys.stdin.readline().strip()]()


CALLS = {"succeed": succeed, "fail": fail, "be_rejected": be_rejected, "hold": hold}


def call(order: str) -> str:
    """Carry out a guarded call and say how it ended."""
    try:
        return breaker("sendgrid").call(CALLS[order], counts=(ServiceFailure,))
    except (ServiceFailure, Rejected, BreakerOpen) as error:
        return type(error).__name__


def fail_often() -> str:
    for _ in range(20):
        call("fail")
    return "done"


def time_closed() -> str:
    return _median_milliseconds("succeed")


def time_open() -> str:
    return _median_milliseconds("fail")


def state() -> str:
    return breaker("sendgrid").state


def failures() -> str:
    return str(Breaker.objects.get(pk="sendgrid").failures)


def let_an_hour_pass() -> str:
    """Move what is stored instead of waiting."""
    Breaker.objects.update(opened_at=F("opened_at") - HOUR, probe_until=F("probe_until") - HOUR)
    return "done"


def forget() -> str:
    """Start over: no history in the database, nothing believed."""
    Breaker.objects.all().delete()
    breaker.cache_clear()
    return "done"


OTHERS = {
    each.__name__: each
    for each in (fail_often, time_closed, time_open, state, failures, let_an_hour_pass, forget)
}


def _median_milliseconds(order: str) -> str:
    samples = []
    for _ in range(201):
        began = time.perf_counter()
        call(order)
        samples.append(time.perf_counter() - began)
    return str(statistics.median(samples) * 1000)


def _say(answer: str) -> None:
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _say("ready")
    while order := sys.stdin.readline().strip():
        _say(OTHERS[order]() if order in OTHERS else call(order))
