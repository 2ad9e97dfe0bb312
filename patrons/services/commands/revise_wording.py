"""A manager words a kind of letter otherwise, or as it was shipped again."""

from dataclasses import dataclass

from patrons.domain.wording import Wording
from patrons.services.ports import PatronsWork
from patrons.services.wordings import require_letter
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import PreconditionFailed, Refusal
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects, current_context


class AlreadyAsShipped(Refusal):
    code = "already_as_shipped"
    message = "The wording already is the one that is shipped."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseWording(Command[int]):
    """Word letters of a kind so from now on, in one language; answered with the version's number.

    `version` is the one that was looked at, 0 for what was shipped; None: whatever there is.
    """

    kind: str
    language: str
    subject: str
    text: str
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetWording(Command[int]):
    """Word letters of a kind as shipped from now on, and as later releases ship them."""

    kind: str
    language: str
    version: int | None = None


def revise_wording(command: ReviseWording, work: PatronsWork, *, clock: Clock) -> int:
    """Decide on it. Refused with all that is wrong with the wording; PreconditionFailed if it is stale."""
    version = _next_version(command, work)
    wording = Wording.parse(kind=command.kind, subject=command.subject, text=command.text)
    return _decide(command, work, version, wording, clock)


def reset_wording(command: ResetWording, work: PatronsWork, *, clock: Clock) -> int:
    """Go back. Raises AlreadyAsShipped, and PreconditionFailed for a stale version."""
    version = _next_version(command, work)
    own = work.wordings.own(command.kind, command.language)
    if own is None or own.wording is None:
        raise AlreadyAsShipped
    return _decide(command, work, version, None, clock)


def _next_version(command: ReviseWording | ResetWording, work: PatronsWork) -> int:
    require_letter(command.kind, command.language)
    bind_audit_subjects(letter=f"{command.kind}.{command.language}")
    own = work.wordings.own(command.kind, command.language)
    latest = own.version if own else 0
    if command.version is not None and command.version != latest:
        raise PreconditionFailed(version=latest)
    return latest + 1


def _decide(
    command: ReviseWording | ResetWording,
    work: PatronsWork,
    version: int,
    wording: Wording | None,
    clock: Clock,
) -> int:
    work.wordings.add(
        command.kind,
        command.language,
        version=version,
        wording=wording,
        at=clock.now(),
        by=current_context().principal,
    )
    return version
