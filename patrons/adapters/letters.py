"""Puts a notice into words, for the address that the patron has at this moment."""

from datetime import datetime

from django.template.loader import render_to_string

from patrons.models import PatronRow
from patrons.services.ports import ClaimedNotice, Letter, LetterRejected

KINDS = frozenset({"loan_receipt", "return_confirmation"})


def compose(notice: ClaimedNotice) -> Letter:
    """The letter of a notice. Raises LetterRejected where the patron is gone or there is none."""
    patron = PatronRow.objects.filter(id=notice.patron).values("name", "email").first()
    if patron is None:
        raise LetterRejected("the patron is not known any more")
    if notice.kind not in KINDS:
        raise LetterRejected(f"there is no letter of the kind {notice.kind}")
    try:
        due_on = datetime.fromisoformat(str(notice.params["due_at"])).date()
    except (KeyError, ValueError):
        raise LetterRejected("the notice has no due date that can be read") from None
    context = {**notice.params, "due_on": due_on, "name": patron["name"]}
    subject = render_to_string(f"patrons/letters/{notice.kind}_subject.txt", context)
    return Letter(
        notice=notice.id,
        name=patron["name"],
        email=patron["email"],
        subject=" ".join(subject.split()),
        text=render_to_string(f"patrons/letters/{notice.kind}.txt", context),
    )
