"""How letters are worded: as shipped beside this module, or as the library has it in its database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final
from uuid import uuid4

from django.db import IntegrityError, transaction

from patrons.domain.notice import KINDS
from patrons.domain.wording import Wording
from patrons.models import WordingRow
from patrons.services.wordings import OwnWording
from shared_kernel.domain.errors import ConcurrentChange

_SHIPPED: Final = Path(__file__).with_name("wordings")
_MOST_VERSIONS: Final = 100


@cache
def shipped(kind: str, language: str) -> Wording:
    """The wording that the product brings along: the first line of its file is the subject."""
    subject, _, text = (_SHIPPED / language / f"{kind}.txt").read_text(encoding="utf-8").partition("\n")
    return Wording.parse(kind=kind, subject=subject, text=text)


class DjangoWordings:
    """Versions of wordings, one row each, never changed. One without words goes back to what is shipped."""

    def current(self, kind: str, language: str) -> Wording:
        """What a letter of this kind is worded like now.

        As shipped, too, where the library's own tells what letters of this release can't: better than none.
        """
        own = self.own(kind, language)
        wording = own.wording if own else None
        fits = wording is not None and wording.placeholders <= set(KINDS[kind].placeholders)
        return wording if wording and fits else shipped(kind, language)

    def shipped(self, kind: str, language: str) -> Wording:
        """The wording that the product brings along."""
        return shipped(kind, language)

    def own(self, kind: str, language: str) -> OwnWording | None:
        """The library's latest decision, if it ever took one."""
        return next(iter(self.versions(kind, language, most=1)), None)

    def versions(self, kind: str, language: str, *, most: int = _MOST_VERSIONS) -> Sequence[OwnWording]:
        """The library's decisions, the latest first."""
        rows = WordingRow.objects.filter(kind=kind, language=language)
        return [_own(row) for row in rows.order_by("-version")[:most]]

    def all_own(self) -> Mapping[tuple[str, str], OwnWording]:
        """The library's latest decisions, by kind and language."""
        return {(row.kind, row.language): _own(row) for row in WordingRow.objects.order_by("version")}

    def add(
        self, kind: str, language: str, *, version: int, wording: Wording | None, at: datetime, by: str
    ) -> None:
        """Decide on a wording, None for the shipped one. Raises ConcurrentChange if somebody was quicker."""
        subject, text = (wording.subject, wording.text) if wording else ("", "")
        key = {"kind": kind, "language": language, "version": version}
        try:
            with transaction.atomic():
                WordingRow.objects.create(id=uuid4(), **key, subject=subject, text=text, set_at=at, set_by=by)
        except IntegrityError:
            raise ConcurrentChange from None


def _own(row: WordingRow) -> OwnWording:
    wording = Wording(subject=row.subject, text=row.text) if row.text else None
    return OwnWording(version=row.version, wording=wording, set_at=row.set_at, set_by=row.set_by)
