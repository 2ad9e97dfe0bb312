"""Scheduled jobs: a command for each record that is due, each on its own, none stopping the rest."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import structlog

from shared_kernel.domain.errors import Refused
from shared_kernel.services.bus import Answer, Command
from shared_kernel.services.commands import dispatch

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept(Answer):
    """What became of a sweep: how many records changed, how many needn't, and which could not be handled."""

    changed: int = 0
    unchanged: int = 0
    failed: tuple[str, ...] = ()

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(
            changed=self.changed + other.changed,
            unchanged=self.unchanged + other.unchanged,
            failed=self.failed + other.failed,
        )


def sweep(commands: Iterable[Command[bool]]) -> Swept:
    """Give each command, which tells whether it changed anything. A broken record is told and passed over."""
    swept = Swept()
    for command in commands:
        swept += _carry_out(command)
    return swept


def _carry_out(command: Command[bool]) -> Swept:
    try:
        return Swept(changed=1) if dispatch(command) else Swept(unchanged=1)
    except Refused as refused:
        return Swept(failed=(f"{_told(command)}: {refused}",))
    except Exception as error:  # whatever is wrong with one record, the others are due all the same
        log.exception("a record could not be swept", command=_told(command))
        return Swept(failed=(f"{_told(command)}: {type(error).__name__}",))


def _told(command: Command[Any]) -> str:
    return str(command)
