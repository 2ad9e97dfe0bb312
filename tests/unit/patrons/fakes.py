"""Patrons' ports, held in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from patrons.domain.card_number import CardNumber
from patrons.domain.email_address import EmailAddress
from patrons.domain.notice import NoticeState
from patrons.domain.patron import Patron, PatronNotFound
from patrons.domain.wording import Wording
from patrons.services.commands.set_password import LinkInvalid
from patrons.services.ports import ClaimedNotice, KeptLetter, Params
from patrons.services.wordings import OwnWording
from shared_kernel.domain.errors import Refusal
from shared_kernel.services.bus import Repository

NOW = datetime(2024, 1, 15, 10, tzinfo=UTC)


@dataclass
class FixedClock:
    """Stands still until it is moved."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass
class OneBranch:
    """Circulation with the branch MAIN alone, and what ties patrons to the library."""

    ties: list[Refusal] = field(default_factory=list)

    def knows_branch(self, code: str) -> bool:
        return code == "MAIN"

    def day_of(self, instant: datetime, *, branch: str | None) -> date:
        return instant.date()

    def reasons_to_keep(self, patron: UUID) -> Sequence[Refusal]:
        return self.ties


@dataclass
class Eraser:
    """Remembers whom it was to forget."""

    erased: list[tuple[UUID, list[UUID]]] = field(default_factory=list)

    def erase(self, patron: Patron, *, notices: Collection[UUID]) -> None:
        self.erased.append((patron.id, list(notices)))


@dataclass
class Patrons:
    all: dict[UUID, Patron] = field(default_factory=dict)
    locked: set[UUID] = field(default_factory=set)

    def add(self, aggregate: Patron) -> None:
        self.all[aggregate.id] = aggregate

    def get(self, id: UUID, *, lock: bool = False) -> Patron:
        if id not in self.all:
            raise PatronNotFound
        if lock:
            self.locked.add(id)
        self.all[id].pull_events()  # what earlier commands did is stored
        return self.all[id]

    def remove(self, aggregate: Patron) -> None:
        del self.all[aggregate.id]

    def declines(self, id: UUID, kind: str) -> bool:
        return id in self.all and kind in self.all[id].declined_notices

    def with_card(self, card_number: CardNumber) -> Patron | None:
        return next((each for each in self.all.values() if each.card_number == card_number), None)

    def with_email(self, email: EmailAddress) -> Patron | None:
        return next((each for each in self.all.values() if each.email == email), None)


@dataclass
class Categories:
    names: dict[str, str] = field(default_factory=lambda: {"regular": "Regular", "premium": "Premium"})

    def knows(self, code: str) -> bool:
        return code in self.names

    def define(self, code: str, *, name: str) -> None:
        self.names[code] = name


@dataclass
class Logins:
    by_patron: dict[UUID, int] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    passwords: dict[str, str] = field(default_factory=dict)

    def link(self, login_id: int, *, patron: UUID) -> bool:
        if patron in self.by_patron or login_id in self.by_patron.values():
            return False
        self.by_patron[patron] = login_id
        return True

    def of(self, patron: UUID) -> int | None:
        return self.by_patron.get(patron)

    def open(self, *, patron: UUID, name: str) -> None:
        self.names.append(name)
        self.by_patron[patron] = 100 + len(self.names)

    def set_password(self, *, login: str, token: str, password: str) -> None:
        if token != "good":
            raise LinkInvalid
        self.passwords[login] = password

    def is_valid_link(self, *, login: str, token: str) -> bool:
        return token == "good"

    def erase(self, patron: UUID) -> None:
        self.by_patron.pop(patron, None)


@dataclass
class Notice:
    id: UUID
    event_id: UUID
    kind: str
    patron: UUID
    params: Params
    next_attempt_at: datetime
    about: UUID | None = None
    state: NoticeState = NoticeState.QUEUED
    attempts: int = 0
    claimed_at: datetime | None = None
    provider_id: str = ""
    failure: str = ""
    untrue: bool = False
    letter: KeptLetter | None = None


@dataclass
class Notices:
    all: list[Notice] = field(default_factory=list)
    paused_until: datetime | None = None
    pause_reason: str = ""

    def queue(
        self,
        *,
        event_id: UUID,
        kind: str,
        patron: UUID,
        params: Params,
        at: datetime,
        about: UUID | None = None,
    ) -> None:
        if not any((each.event_id, each.kind) == (event_id, kind) for each in self.all):
            self.all.append(Notice(uuid4(), event_id, kind, patron, params, at, about))

    def claim(self, *, at: datetime) -> ClaimedNotice | None:
        due = [each for each in self.all if each.state == NoticeState.QUEUED and each.next_attempt_at <= at]
        if not due:
            return None
        notice = min(due, key=lambda each: each.next_attempt_at)
        notice.state, notice.claimed_at = NoticeState.SENDING, at
        notice.attempts += 1
        return ClaimedNotice(
            id=notice.id,
            kind=notice.kind,
            patron=notice.patron,
            params=notice.params,
            attempt=notice.attempts,
        )

    def record_outcome(
        self,
        id: UUID,
        *,
        attempt: int,
        state: NoticeState,
        at: datetime,
        retry_at: datetime,
        provider_id: str,
        failure: str,
        letter: KeptLetter | None = None,
    ) -> None:
        notice = self.of(id)
        assert notice.attempts == attempt
        notice.letter = letter
        if state == NoticeState.QUEUED and notice.untrue:
            state = NoticeState.WITHDRAWN
        notice.state, notice.provider_id, notice.failure = state, provider_id, failure
        if state == NoticeState.QUEUED:
            notice.next_attempt_at = retry_at

    def mark_interrupted(self, *, claimed_before: datetime, at: datetime) -> int:
        cut_off = [
            each
            for each in self.all
            if each.state == NoticeState.SENDING and each.claimed_at and each.claimed_at < claimed_before
        ]
        for each in cut_off:
            each.state = NoticeState.AMBIGUOUS
        return len(cut_off)

    def requeue(self, id: UUID, *, at: datetime) -> bool:
        notice = self.of(id)
        if notice.untrue or notice.state not in {NoticeState.AMBIGUOUS, NoticeState.FAILED}:
            return False
        notice.state, notice.next_attempt_at = NoticeState.QUEUED, at
        return True

    def withdraw(self, *, about: UUID, kinds: Collection[str], at: datetime) -> None:
        for each in self.all:
            if each.about == about and each.kind in kinds and each.state != NoticeState.ACCEPTED:
                each.untrue = True
                each.state = NoticeState.WITHDRAWN if each.state == NoticeState.QUEUED else each.state

    def states_since(self, instant: datetime, *, patron: UUID, kind: str) -> Sequence[str]:
        return [
            each.state
            for each in self.all
            if (each.patron, each.kind) == (patron, kind) and each.next_attempt_at > instant
        ]

    def was_sent(self, patron: UUID, *, about: UUID, kinds: Collection[str]) -> bool:
        of_these = [each for each in self.all if each.about == about and each.kind in kinds]
        arrived = {NoticeState.SENDING, NoticeState.ACCEPTED, NoticeState.AMBIGUOUS}
        return bool(of_these) and of_these[-1].state in arrived

    def forget(self, patron: UUID, *, at: datetime) -> Sequence[UUID]:
        of_patron = [each for each in self.all if each.patron == patron]
        for each in of_patron:
            each.params, each.state = {}, NoticeState.WITHDRAWN
        return [each.id for each in of_patron]

    def pause(self, *, until: datetime, reason: str, setting: str) -> None:
        self.paused_until, self.pause_reason, self.paused_setting = until, reason, setting

    def paused(self, *, at: datetime, setting: str) -> bool:
        return self.paused_until is not None and at < self.paused_until and setting == self.paused_setting

    def of(self, id: UUID) -> Notice:
        return next(each for each in self.all if each.id == id)


@dataclass
class Wordings:
    """Shipped alike for every kind, and what was decided on."""

    decided: dict[tuple[str, str], list[OwnWording]] = field(default_factory=dict)

    def current(self, kind: str, language: str) -> Wording:
        own = self.own(kind, language)
        return own.wording if own and own.wording else self.shipped(kind, language)

    def shipped(self, kind: str, language: str) -> Wording:
        return Wording(subject=f"{kind} {language}", text="Dear {name}")

    def own(self, kind: str, language: str) -> OwnWording | None:
        return next(iter(self.versions(kind, language)), None)

    def versions(self, kind: str, language: str) -> Sequence[OwnWording]:
        return self.decided.get((kind, language), [])[::-1]

    def all_own(self) -> Mapping[tuple[str, str], OwnWording]:
        return {key: versions[-1] for key, versions in self.decided.items()}

    def add(
        self, kind: str, language: str, *, version: int, wording: Wording | None, at: datetime, by: str
    ) -> None:
        own = OwnWording(version=version, wording=wording, set_at=at, set_by=by)
        self.decided.setdefault((kind, language), []).append(own)


@dataclass
class LinkRequests:
    waiting: list[str] = field(default_factory=list)

    def add(self, to: str, *, at: datetime) -> None:
        self.waiting.append(to)

    def take(self) -> str | None:
        return self.waiting.pop(0) if self.waiting else None


@dataclass
class FakeWork:
    """Patrons' unit of work, in memory."""

    patrons: Patrons = field(default_factory=Patrons)
    categories: Categories = field(default_factory=Categories)
    logins: Logins = field(default_factory=Logins)
    notices: Notices = field(default_factory=Notices)
    link_requests: LinkRequests = field(default_factory=LinkRequests)
    wordings: Wordings = field(default_factory=Wordings)

    @property
    def repositories(self) -> Sequence[Repository]:
        return ()
