"""Scheduled jobs: a command for each record that is due, each on its own, none stopping the rest."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import structlog

from shared_kernel.domain.errors import Refused
from shared_kernel.services.bus import Command, Result
from shared_kernel.services.commands import dispatch

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult(Result):
    """What became of a sweep: how many records changed, how many needn't, and which could not be handled."""

    changed: int = 0
    unchanged: int = 0
    failed: tuple[str, ...] = ()

    def __add__(self, other: "BatchResult") -> "BatchResult":
        return BatchResult(
            changed=self.changed + other.changed,
            unchanged=self.unchanged + other.unchanged,
            failed=self.failed + other.failed,
        )


def dispatch_each(commands: Iterable[Command[bool]]) -> BatchResult:
    """Dispatch each command; its result says if it changed anything. Failures are reported and skipped."""
    swept = BatchResult()
    for command in commands:
        swept += _carry_out(command)
    return swept


def _carry_out(command: Command[bool]) -> BatchResult:
    try:
        return BatchResult(changed=1) if dispatch(command) else BatchResult(unchanged=1)
    except Refused as refused:
        return BatchResult(failed=(f"{_told(command)}: {refused}",))
    except Exception as error:  # whatever is wrong with one record, the others are due all the same
        log.exception("a record could not be swept", command=_told(command))
        return BatchResult(failed=(f"{_told(command)}: {type(error).__name__}",))


def _told(command: Command[Any]) -> str:
    return str(command)
