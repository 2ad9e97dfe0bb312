"""The wordings of letters: all of them, and one with its earlier versions."""

from collections.abc import Sequence
from dataclasses import dataclass

from patrons.domain.language import LANGUAGES
from patrons.domain.notice import KINDS
from patrons.services.wordings import OwnWording, WordingDetails, Wordings, require_letter
from shared_kernel.services.bus import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWordings(Query[Sequence[WordingDetails]]):
    """Every kind of letter in every language."""


def list_wordings(_query: ListWordings, *, wordings: Wordings) -> Sequence[WordingDetails]:
    """All of them, by one SQL query."""
    own = wordings.all_own()
    return [
        _details(kind, language, own.get((kind, language)), wordings)
        for kind in KINDS
        for language in LANGUAGES
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
    return _details(query.kind, query.language, next(iter(versions), None), wordings), versions


def _details(kind: str, language: str, own: OwnWording | None, wordings: Wordings) -> WordingDetails:
    wording = own.wording if own and own.wording else wordings.shipped(kind, language)
    return WordingDetails(kind=kind, language=language, wording=wording, own=own)
