"""The wordings of letters: the port to the stored ones, and what queries answer about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from patrons.domain.language import known_language
from patrons.domain.notice import KINDS
from patrons.domain.wording import KindNotFound, Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWording:
    """A decision of the library's: another wording, or (None) the shipped one. Versions count from 1."""

    version: int
    wording: Wording | None
    set_at: datetime
    set_by: str


class Wordings(Protocol):
    """How each kind of letter is worded in each language."""

    def current(self, kind: str, language: str) -> Wording:
        """The wording that letters of this kind have now."""
        ...

    def shipped(self, kind: str, language: str) -> Wording:
        """The wording that the product brings along."""
        ...

    def own(self, kind: str, language: str) -> OwnWording | None:
        """The library's latest decision, if it ever took one."""
        ...

    def versions(self, kind: str, language: str) -> Sequence[OwnWording]:
        """The library's decisions, the latest first."""
        ...

    def all_own(self) -> Mapping[tuple[str, str], OwnWording]:
        """The library's latest decisions, by kind and language."""
        ...

    def add(
        self, kind: str, language: str, *, version: int, wording: Wording | None, at: datetime, by: str
    ) -> None:
        """Decide on a wording, None for the shipped one. Raises ConcurrentChange if somebody was quicker."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingDetails:
    """How letters of a kind are worded in a language: as `own` says, or as shipped."""

    kind: str
    language: str
    wording: Wording
    own: OwnWording | None

    @property
    def version(self) -> int:
        """The latest decision's number; 0 where there was none."""
        return self.own.version if self.own else 0

    @property
    def is_shipped(self) -> bool:
        """Whether it is worded as shipped."""
        return self.own is None or self.own.wording is None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterDetails:
    """A letter in words. `html` is safe to be shown as it is; `language` is the one that it is written in."""

    subject: str
    text: str
    html: str
    language: str


def require_letter(kind: str, language: str) -> None:
    """Raises KindNotFound or UnknownLanguage where there are no such letters."""
    if kind not in KINDS:
        raise KindNotFound(kind=kind)
    known_language(language)
