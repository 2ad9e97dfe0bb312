"""Wordings as the library decides on them, and what there is to see of them before one is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from patrons.domain.language import LANGUAGES, known_language
from patrons.domain.notice import KINDS
from patrons.domain.wording import KindNotFound, Wording
from shared_kernel.services.bus import Query


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
class ListWordings(Query[Sequence[WordingDetails]]):
    """Every kind of letter in every language."""


def list_wordings(_query: ListWordings, *, wordings: Wordings) -> Sequence[WordingDetails]:
    """All of them, by one SQL query."""
    own = wordings.all_own()
    return [
        _view(kind, language, own.get((kind, language)), wordings) for kind in KINDS for language in LANGUAGES
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetWording(Query[tuple[WordingDetails, Sequence[OwnWording]]]):
    """One kind of letter in one language, and what it was like before."""

    kind: str
    language: str


def get_wording(query: GetWording, *, wordings: Wordings) -> tuple[WordingDetails, Sequence[OwnWording]]:
    """It, with the library's decisions, the latest first. Raises KindNotFound and UnknownLanguage."""
    require_letter(query.kind, query.language)
    versions = wordings.versions(query.kind, query.language)
    return _view(query.kind, query.language, next(iter(versions), None), wordings), versions


def require_letter(kind: str, language: str) -> None:
    """Raises KindNotFound or UnknownLanguage where there are no such letters."""
    if kind not in KINDS:
        raise KindNotFound(kind=kind)
    known_language(language)


def _view(kind: str, language: str, own: OwnWording | None, wordings: Wordings) -> WordingDetails:
    wording = own.wording if own and own.wording else wordings.shipped(kind, language)
    return WordingDetails(kind=kind, language=language, wording=wording, own=own)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterDetails:
    """A letter in words. `html` is safe to be shown as it is; `language` is the one that it is written in."""

    subject: str
    text: str
    html: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewLetter(Query[LetterDetails]):
    """What a letter of this kind would look like if it were worded so, to a reader who is made up."""

    kind: str
    language: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowLetter(Query[LetterDetails | None]):
    """The letter of a notice: as it went out, or else as it would go out now. None if there is none."""

    notice: UUID
