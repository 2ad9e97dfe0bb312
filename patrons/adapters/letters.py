"""Puts a notice into words, for the address that the patron has at this moment."""

from datetime import date, datetime

from django.conf import settings
from django.template.loader import render_to_string

from patrons.adapters.logins import link_path
from patrons.domain.notice import KINDS, day_ended_by
from patrons.models import PatronRow
from patrons.services.mail import Letter, LetterRejected
from patrons.services.ports import ClaimedNotice, Params

Facts = dict[str, str | int | bool | date | None]


def compose(notice: ClaimedNotice) -> Letter:
    """The letter of a notice. Raises LetterRejected where the patron is gone or there is none."""
    patron = PatronRow.objects.filter(id=notice.patron).values("name", "email", "login_id").first()
    if patron is None:
        raise LetterRejected("the patron is not known any more")
    if notice.kind not in KINDS:
        raise LetterRejected(f"there is no letter of the kind {notice.kind}")
    if missing := [fact for fact in KINDS[notice.kind].tells if fact not in notice.params]:
        raise LetterRejected(f"the notice does not tell {', '.join(missing)}")
    context = {**_facts(notice.params), "name": patron["name"]}
    if notice.kind == "password_link":
        context |= _way_in(notice.params, patron["login_id"])
    subject = render_to_string(f"patrons/letters/{notice.kind}_subject.txt", context)
    return Letter(
        notice=notice.id,
        name=patron["name"],
        email=patron["email"],
        subject=" ".join(subject.split()),
        text=render_to_string(f"patrons/letters/{notice.kind}.txt", context),
    )


def _facts(params: Params) -> Facts:
    """The notice's facts, each instant and each day as a day: `due_at` becomes `due_on`."""
    facts: Facts = dict(params)
    try:
        for name, value in params.items():
            if name.endswith("_at"):
                facts[f"{name.removesuffix('_at')}_on"] = day_ended_by(datetime.fromisoformat(str(value)))
            elif name.endswith("_on"):
                facts[name] = date.fromisoformat(str(value))
    except (ValueError, OverflowError):
        raise LetterRejected("the notice has a date that can't be read") from None
    return facts


def _way_in(params: Params, login_id: int | None) -> Facts:
    """The link, fresh at the time of sending: no table has ever held one."""
    path = None if login_id is None else link_path(login_id)
    if path is None:
        raise LetterRejected("the patron has no login of their own")
    days = settings.PASSWORD_RESET_TIMEOUT // 86_400
    return {"link": f"{params['home']}{path}", "days": days}
