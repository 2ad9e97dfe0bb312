"""Composes the letter of a notice, for the address that the patron has at this moment."""

from collections.abc import Mapping

from django.conf import settings
from django.utils.html import escape, format_html

from patrons.adapters.fact_formatting import format_days, format_facts
from patrons.adapters.logins import link_path
from patrons.domain.language import LANGUAGES
from patrons.domain.notice import KINDS
from patrons.domain.wording import NEVER_KEPT, Wording
from patrons.models import PatronRow
from patrons.services.mail import Letter, LetterRejected
from patrons.services.ports import ClaimedNotice, KeptLetter, Params
from patrons.services.wordings import LetterDetails, Wordings

#: Facts for previews. The name is invented.
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


class TextLetterComposer:
    """Composes letters from the wordings, as text and as HTML."""

    def __init__(self, wordings: Wordings) -> None:
        self._wordings = wordings

    def compose(self, notice: ClaimedNotice) -> Letter:
        """The letter of a notice. Raises LetterRejected where the patron is gone or there is none."""
        known = PatronRow.objects.filter(id=notice.patron)
        patron = known.values("name", "email", "language", "login_id").first()
        if patron is None:
            raise LetterRejected("the patron is not known any more")
        language = _language(patron["language"])
        facts = _facts(notice.kind, notice.params, language=language)
        if notice.kind == "password_link":
            facts |= _password_link(patron["login_id"], language=language)
        wording = self._wordings.current(notice.kind, language)
        return _letter(notice, wording, facts | {"name": patron["name"]}, language, email=patron["email"])

    def example(self, wording: Wording, *, language: str) -> LetterDetails:
        """What a wording makes of invented facts."""
        facts = format_facts(_EXAMPLE, language=language) | {
            "name": _EXAMPLE_NAME,
            "link": f"{settings.PUBLIC_URL}/password/…",
            "days": format_days(_link_days(), language=language),
        }
        return _details(wording, facts, language)

    def sent(self, *, subject: str, text: str, language: str) -> LetterDetails:
        """A letter as it was kept."""
        return LetterDetails(subject=subject, text=text, html=_in_html(escape(text)), language=language)

    def unsent(self, kind: str, params: Params, *, name: str, chosen_language: str | None) -> LetterDetails:
        """A letter as it would be sent now, without links. Raises LetterRejected."""
        language = _language(chosen_language)
        facts = _unkept(_facts(kind, params, language=language))
        words = facts | {"name": name, "days": format_days(_link_days(), language=language)}
        return _details(self._wordings.current(kind, language), words, language)


def _details(wording: Wording, facts: Mapping[str, str], language: str) -> LetterDetails:
    subject, text = wording.filled(facts)
    return LetterDetails(subject=subject, text=text, html=_html_of(wording, facts), language=language)


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
        return format_facts(params, language=language)
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


def _password_link(login_id: int | None, *, language: str) -> dict[str, str]:
    """The link, fresh at the time of sending: no table has ever held one."""
    path = None if login_id is None else link_path(login_id)
    if path is None:
        raise LetterRejected("the patron has no login of their own")
    return {"link": f"{settings.PUBLIC_URL}{path}", "days": format_days(_link_days(), language=language)}


def _link_days() -> int:
    return int(settings.PASSWORD_RESET_TIMEOUT) // 86_400
