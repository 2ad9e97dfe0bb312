"""Named places where a test can make a real process die, fail or wait (LIBRARY_FAILPOINTS)."""

import os
import re
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count

from django.conf import settings

_SPEC = re.compile(
    r"(?P<name>[\w.]+):(?P<action>kill|raise|sleep=(?P<seconds>\d+(\.\d+)?))(@(?P<hit>[1-9]\d*))?"
)


class FailpointReached(Exception):
    """Raised by a failpoint; the text is its name."""


@dataclass(frozen=True, slots=True)
class _Armed:
    action: str
    seconds: float
    only_hit: int | None
    hits: "count[int]"


def failpoint(name: str) -> None:
    """A place that LIBRARY_FAILPOINTS can name; costs next to nothing otherwise.

    `kill` ends the process as `kill -9` does, `raise` raises FailpointReached, `sleep=SECONDS` waits;
    `@N` behind the action means at the N-th hit alone.
    """
    if not (settings.LIBRARY_FAILPOINTS and settings.LIBRARY_TESTING):
        return
    armed = read_failpoints(settings.LIBRARY_FAILPOINTS).get(name)
    if armed is None or armed.only_hit not in {None, next(armed.hits)}:
        return
    if armed.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif armed.action == "raise":
        raise FailpointReached(name)
    time.sleep(armed.seconds)


@cache
def read_failpoints(text: str) -> Mapping[str, _Armed]:
    """What `name:action[,name:action]` arms, by name. Raises ValueError for what is not of that form."""
    armed: dict[str, _Armed] = {}
    for part in filter(None, text.split(",")):
        found = _SPEC.fullmatch(part.strip())
        if found is None:
            raise ValueError(f"{part!r} is no failpoint: write name:kill, name:raise or name:sleep=SECONDS")
        hit = found["hit"]
        armed[found["name"]] = _Armed(
            found["action"].partition("=")[0],
            float(found["seconds"] or 0),
            int(hit) if hit else None,
            count(1),
        )
    return armed
