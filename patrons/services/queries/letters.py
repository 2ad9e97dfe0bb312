"""Letters in words: a preview of a wording, and the letter of a notice."""

from dataclasses import dataclass
from uuid import UUID

from patrons.domain.notice import NoticeState
from patrons.domain.wording import Wording
from patrons.models import NoticeRow, PatronRow
from patrons.services.mail import LetterComposer, LetterRejected
from patrons.services.wordings import LetterDetails, require_letter
from shared_kernel.services.bus import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewLetter(Query[LetterDetails]):
    """What a letter of this kind would look like if it were worded so, to a reader who is made up."""

    kind: str
    language: str
    subject: str
    text: str


def preview_letter(query: PreviewLetter, *, composer: LetterComposer) -> LetterDetails:
    """The letter. Raises KindNotFound, UnknownLanguage, and Refused with every fault of the wording."""
    require_letter(query.kind, query.language)
    wording = Wording.parse(kind=query.kind, subject=query.subject, text=query.text)
    return composer.example(wording, language=query.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowLetter(Query[LetterDetails | None]):
    """The letter of a notice: as it went out, or else as it would go out now. None if there is none."""

    notice: UUID


def show_letter(query: ShowLetter, *, composer: LetterComposer) -> LetterDetails | None:
    """The letter, with the patron's name if there still is such a patron, and without links."""
    row = NoticeRow.objects.filter(id=query.notice).first()
    if row is None:
        return None
    patron = PatronRow.objects.filter(id=row.patron_id).values("name", "language").first()
    name = patron["name"] if patron else "{name}"
    if row.letter_text:
        subject, text = (each.replace("{name}", name) for each in (row.letter_subject, row.letter_text))
        return composer.sent(subject=subject, text=text, language=row.language)
    if patron is None or row.state in {NoticeState.ACCEPTED, NoticeState.WITHDRAWN}:
        return None
    try:
        return composer.unsent(row.kind, row.params, name=name, chosen_language=patron["language"])
    except LetterRejected:
        return None
