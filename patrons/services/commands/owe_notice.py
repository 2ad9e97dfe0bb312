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

    `about` is the loan or the hold that it is about, by which it can be withdrawn.
    """

    audited: ClassVar[bool] = False

    event_id: UUID
    kind: str
    patron: UUID
    params: Params
    about: UUID | None = None


def owe_notice(command: OweNotice, work: PatronsWork, *, clock: Clock) -> None:
    """Queue the notice, unless the patron does without such notices."""
    if work.patrons.declines(command.patron, command.kind):
        return
    work.notices.owe(
        event_id=command.event_id,
        kind=command.kind,
        patron=command.patron,
        params=command.params,
        about=command.about,
        at=clock.now(),
    )
