"""Something happened that a patron is to be told of."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from patrons.services.ports import Params, PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class OweNotice(Command[None]):
    """Tell a patron of an event, in a letter of this kind; the same event and kind is told of once.

    `about` is the loan, hold, charge or patron that it is about, by which it can be withdrawn. `corrects` are
    kinds that it takes back: it is owed only to somebody who was told of one of them, about the same thing.
    """

    audited: ClassVar[bool] = False

    event_id: UUID
    kind: str
    patron: UUID
    params: Params
    about: UUID | None = None
    corrects: tuple[str, ...] = ()


def owe_notice(command: OweNotice, work: PatronsWork, *, wall_clock: Clock) -> None:
    """Queue the notice, unless the patron does without such notices or there is nothing to take back."""
    if work.patrons.declines(command.patron, command.kind) or not _is_news(command, work):
        return
    work.notices.owe(
        event_id=command.event_id,
        kind=command.kind,
        patron=command.patron,
        params=command.params,
        about=command.about,
        at=wall_clock.now(),
    )


def _is_news(command: OweNotice, work: PatronsWork) -> bool:
    if not command.corrects or command.about is None:
        return True
    return work.notices.was_told(command.patron, about=command.about, kinds=command.corrects)
