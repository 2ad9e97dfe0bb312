"""Puts a notice into words, for the address that the patron has at this moment."""

from collections.abc import Mapping

from django.conf import settings
from django.utils.html import escape, format_html

from patrons.adapters.logins import link_path
from patrons.adapters.phrasing import days_in_words, in_words
from patrons.domain.language import LANGUAGES
from patrons.domain.notice import KINDS, NoticeState
from patrons.domain.wording import NEVER_KEPT, Wording
from patrons.models import NoticeRow, PatronRow
from patrons.services.mail import Letter, LetterRejected
from patrons.services.ports import ClaimedNotice, KeptLetter, Params
from patrons.services.wordings import LetterDetails, PreviewLetter, ShowLetter, Wordings, require_letter

#: What the reader of a preview is told; nobody is called so.
_EXAMPLE: Params = {
    "book_title": "The Left Hand of Darkness",
    "barcode": "B-1042",
    "due_at": "2026-03-10T23:59:59Z",
    "previous_due_at": "2026-03-08T23:59:59Z",
    "days_overdue": 3,
    "kind": "overdue",
    "amount": {"amount": "1.25", "currency": settings.CURRENCY},
    "balance": {"amount": "1012.50", "currency": settings.CURRENCY},
    "pickup_branch": "MAIN",
    "pickup_deadline_at": "2026-03-10T23:59:59Z",
    "expires_on": "2026-03-31",
}
_EXAMPLE_NAME = "Ada Lovelace"


def compose(notice: ClaimedNotice, *, wordings: Wordings) -> Letter:
    """The letter of a notice. Raises LetterRejected where the patron is gone or there is none."""
    patron = (
        PatronRow.objects.filter(id=notice.patron).values("name", "email", "language", "login_id").first()
    )
    if patron is None:
        raise LetterRejected("the patron is not known any more")
    language = _language(patron["language"])
    facts = _facts(notice.kind, notice.params, language=language)
    if notice.kind == "password_link":
        facts |= _way_in(patron["login_id"], language=language)
    wording = wordings.current(notice.kind, language)
    return _letter(notice, wording, facts | {"name": patron["name"]}, language, email=patron["email"])


def preview_letter(query: PreviewLetter) -> LetterDetails:
    """The letter to somebody made up. Raises KindNotFound, UnknownLanguage and whatever is wrong with it."""
    require_letter(query.kind, query.language)
    wording = Wording.parse(kind=query.kind, subject=query.subject, text=query.text)
    facts = in_words(_EXAMPLE, language=query.language) | {
        "name": _EXAMPLE_NAME,
        "link": f"{settings.PUBLIC_URL}/password/…",
        "days": days_in_words(_link_days(), language=query.language),
    }
    subject, text = wording.filled(facts)
    return LetterDetails(subject=subject, text=text, html=_html_of(wording, facts), language=query.language)


def show_letter(query: ShowLetter, *, wordings: Wordings) -> LetterDetails | None:
    """The letter of a notice, without what is never kept but the name, if the patron has one still."""
    row = NoticeRow.objects.filter(id=query.notice).first()
    if row is None:
        return None
    patron = PatronRow.objects.filter(id=row.patron_id).values("name", "language").first()
    name = patron["name"] if patron else "{name}"
    if row.letter_text:
        subject, text = (each.replace("{name}", name) for each in (row.letter_subject, row.letter_text))
        return LetterDetails(subject=subject, text=text, html=_in_html(escape(text)), language=row.language)
    if patron is None or row.state in {NoticeState.ACCEPTED, NoticeState.WITHDRAWN}:
        return None
    return _as_it_would_be(row, wordings, name, _language(patron["language"]))


def _as_it_would_be(row: NoticeRow, wordings: Wordings, name: str, language: str) -> LetterDetails | None:
    try:
        facts = _facts(row.kind, row.params, language=language)
    except LetterRejected:
        return None
    words = _unkept(facts) | {"name": name, "days": days_in_words(_link_days(), language=language)}
    wording = wordings.current(row.kind, language)
    subject, text = wording.filled(words)
    return LetterDetails(subject=subject, text=text, html=_html_of(wording, words), language=language)


def _letter(
    notice: ClaimedNotice, wording: Wording, facts: Mapping[str, str], language: str, *, email: str
) -> Letter:
    subject, text = wording.filled(facts)
    kept_subject, kept_text = wording.filled(_unkept(facts))
    return Letter(
        notice=notice.id,
        name=facts["name"],
        email=email,
        subject=subject,
        text=text,
        html=f'<!doctype html>\n<html lang="{language}"><body>\n{_html_of(wording, facts)}</body></html>\n',
        kept=KeptLetter(subject=kept_subject, text=kept_text, language=language),
    )


def _facts(kind: str, params: Params, *, language: str) -> dict[str, str]:
    if kind not in KINDS:
        raise LetterRejected(f"there is no letter of the kind {kind}")
    if missing := [fact for fact in KINDS[kind].tells if fact not in params]:
        raise LetterRejected(f"the notice does not tell {', '.join(missing)}")
    try:
        return in_words(params, language=language)
    except (ValueError, OverflowError):
        raise LetterRejected("the notice has a date or an amount that can't be read") from None


def _unkept(facts: Mapping[str, str]) -> dict[str, str]:
    return {**facts, **{name: f"{{{name}}}" for name in NEVER_KEPT}}


def _html_of(wording: Wording, facts: Mapping[str, str]) -> str:
    """The text in HTML: all of it escaped, the link to be followed."""
    quoted = {name: str(escape(fact)) for name, fact in facts.items()}
    if link := facts.get("link"):
        quoted["link"] = str(format_html('<a href="{0}">{0}</a>', link))
    return _in_html(wording.filled(quoted, quote=lambda words: str(escape(words)))[1])


def _in_html(escaped: str) -> str:
    paragraphs = [part.strip("\n").split("\n") for part in escaped.strip().split("\n\n")]
    return "".join(f"<p>{'<br>'.join(line.strip() for line in lines)}</p>\n" for lines in paragraphs)


def _language(chosen: str | None) -> str:
    return chosen if chosen and chosen in LANGUAGES else settings.LETTERS_LANGUAGE


def _way_in(login_id: int | None, *, language: str) -> dict[str, str]:
    """The link, fresh at the time of sending: no table has ever held one."""
    path = None if login_id is None else link_path(login_id)
    if path is None:
        raise LetterRejected("the patron has no login of their own")
    return {"link": f"{settings.PUBLIC_URL}{path}", "days": days_in_words(_link_days(), language=language)}


def _link_days() -> int:
    return int(settings.PASSWORD_RESET_TIMEOUT) // 86_400
