"""Queue a notice to a patron."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from patrons.services.ports import Params, PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueNotice(Command[None]):
    """Queue a notice of this kind about an event; the same event and kind only once.

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


def queue_notice(command: QueueNotice, work: PatronsWork, *, wall_clock: Clock) -> None:
    """Queue the notice, unless the patron declines this kind or there is nothing to correct."""
    if work.patrons.declines(command.patron, command.kind) or not _is_news(command, work):
        return
    work.notices.queue(
        event_id=command.event_id,
        kind=command.kind,
        patron=command.patron,
        params=command.params,
        about=command.about,
        at=wall_clock.now(),
    )


def _is_news(command: QueueNotice, work: PatronsWork) -> bool:
    if not command.corrects or command.about is None:
        return True
    return work.notices.was_sent(command.patron, about=command.about, kinds=command.corrects)
