"""The timeline of a copy, a loan or a patron."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from lending.models import HoldRow, LoanRow
from lending.services.ports import CopyDirectory, UnknownCopy
from lending.services.timeline import NoticeHistory, NoticeRows, TimelineEntry
from shared_kernel.services.audit import entries_about
from shared_kernel.services.bus import Query
from shared_kernel.services.merged_pagination import merged_page
from shared_kernel.services.pagination import Page, PageRequest

Row = dict[str, Any]  # as various as columns
_THINGS: Final = ("copy", "book", "loan", "hold", "patron")
_OF_A_LOAN: Final = frozenset(
    {"loan_receipt", "renewal_confirmation", "return_confirmation", "return_undone"}
    | {"due_soon", "overdue", "due_date_changed", "loan_lost"}
)
_AUDITED: Final = ("id", "at", "principal", "door", "action", "outcome", "codes", "subjects", "comment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline(Query[Page[TimelineEntry]]):
    """Every scan, refusal, denial, override and letter of a copy (its barcode or id), a loan or a patron.

    Exactly one of them is given. `newest_first` turns the order round.
    """

    copy: str | None = None
    loan: UUID | None = None
    patron: UUID | None = None
    newest_first: bool = False
    page: PageRequest


def timeline(query: Timeline, *, copies: CopyDirectory, letters: NoticeHistory) -> Page[TimelineEntry]:
    """A page of it, by the same few statements however much there is. Nothing where nobody knows the id."""
    kind, thing = _asked(query, copies)
    if thing is None:
        return Page(results=[])
    audited = entries_about(kind=kind, id=thing).values(*_AUDITED)
    strands = [audited, _letters(letters.owed, kind, thing), _letters(letters.ended, kind, thing)]
    found = merged_page(strands, request=query.page, descending=query.newest_first)
    entry_of = (_action, _letter, _delivery)
    return found.mapped(lambda page: [entry_of[strand](row) for strand, row in page])


def _asked(query: Timeline, copies: CopyDirectory) -> tuple[str, UUID | None]:
    if query.copy is not None:
        return "copy", _copy_id(query.copy, copies)
    if query.loan is not None:
        return "loan", query.loan
    return "patron", query.patron


def _copy_id(barcode_or_id: str, copies: CopyDirectory) -> UUID | None:
    try:
        return copies.by_barcode(barcode_or_id).id
    except UnknownCopy:
        try:
            return UUID(barcode_or_id)
        except ValueError:
            return None


def _letters(which: Callable[..., NoticeRows], kind: str, id: UUID) -> NoticeRows:
    if kind == "patron":
        return which(patron=id)
    if kind == "loan":
        return which(about=[id])
    loans = LoanRow.objects.filter(copy_id=id).order_by().values_list("id")
    return which(about=loans.union(HoldRow.objects.filter(copy_id=id).order_by().values_list("id")))


def _action(row: Row) -> TimelineEntry:
    kinds = {"refused": "refusal", "denied": "denial", "done": "override" if row["codes"] else "action"}
    subjects = row["subjects"]
    things = {name: UUID(subjects[name]) if name in subjects else None for name in _THINGS}
    return TimelineEntry(
        at=row["at"],
        kind=kinds[row["outcome"]],
        what=row["action"],
        outcome=row["outcome"],
        codes=row["codes"],
        comment=row["comment"],
        principal=row["principal"],
        door=row["door"],
        **things,
    )


def _letter(row: Row) -> TimelineEntry:
    return _of_letter(row, kind="letter", outcome="owed", comment="")


def _delivery(row: Row) -> TimelineEntry:
    return _of_letter(row, kind="delivery", outcome=row["state"], comment=row["failure"])


def _of_letter(row: Row, *, kind: str, outcome: str, comment: str) -> TimelineEntry:
    about = row["about_id"]
    return TimelineEntry(
        at=row["at"],
        kind=kind,
        what=row["kind"],
        outcome=outcome,
        codes=[],
        comment=comment,
        principal=None,
        door=None,
        copy=None,
        book=None,
        loan=about if row["kind"] in _OF_A_LOAN else None,
        hold=about if row["kind"].startswith("hold_") else None,
        patron=row["patron_id"],
    )
