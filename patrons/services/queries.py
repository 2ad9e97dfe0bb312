"""What patrons can be asked: read models, straight from the rows."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from patrons.domain.notice import CUT_OFF_AFTER
from patrons.domain.patron import PatronNotFound
from patrons.domain.text import folded
from patrons.models import LinkRequestRow, NoticeRow, PatronRow
from patrons.services.answers import BlockView, PatronView
from patrons.services.backlog import is_paused
from shared_kernel.services.bus import Query
from shared_kernel.services.pagination import Page, PageRequest, keyset_page

_COLUMNS = (
    "id",
    "card_number",
    "name",
    "email",
    "category_id",
    "home_branch",
    "expires_on",
    "blocks",
    "declined_notices",
    "privacy",
    "language",
    "version",
    "sort_key",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPatrons(Query[Page[PatronView]]):
    """The patrons by name. `q` is looked for in name and address, and at the beginning of the card number."""

    page: PageRequest
    q: str = ""
    category: str | None = None


def list_patrons(query: ListPatrons) -> Page[PatronView]:
    """One page, by one SQL query."""
    rows: QuerySet[PatronRow] = (
        PatronRow.objects.filter(_matching(query.q)) if query.q else PatronRow.objects.all()
    )
    if query.category is not None:
        rows = rows.filter(category=query.category)
    page = keyset_page(rows.values(*_COLUMNS), order=("sort_key", "id"), request=query.page)
    return page.mapped(lambda found: [_view(row) for row in found])


def _matching(q: str) -> Q:
    named = Q()
    for word in folded(q).split():
        named &= Q(sort_key__contains=word)
    typed = q.strip()
    return named | Q(email__contains=typed.lower()) | Q(card_number__istartswith=typed)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPatron(Query[PatronView]):
    """One patron; with `viewer_login`, only if that login is theirs."""

    refusals = (PatronNotFound,)

    patron: UUID
    viewer_login: int | None = None


def get_patron(query: GetPatron) -> PatronView:
    """The patron as they are now. Raises PatronNotFound."""
    rows = PatronRow.objects.filter(id=query.patron)
    if query.viewer_login is not None:
        rows = rows.filter(login_id=query.viewer_login)
    row = rows.values(*_COLUMNS).first()
    if row is None:
        raise PatronNotFound
    return _view(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPatron(Query[PatronView]):
    """The patron behind a login."""

    login: int


def own_patron(query: OwnPatron) -> PatronView:
    """Themselves, as they are now. Raises PatronNotFound for a login that is no patron's."""
    row = PatronRow.objects.filter(login_id=query.login).values(*_COLUMNS).first()
    if row is None:
        raise PatronNotFound
    return _view(row)


def _view(row: dict[str, Any]) -> PatronView:
    return PatronView(
        id=row["id"],
        card_number=row["card_number"],
        name=row["name"],
        email=row["email"],
        category=row["category_id"],
        home_branch=row["home_branch"],
        expires_on=row["expires_on"],
        blocks=tuple(
            BlockView(
                id=UUID(each["id"]),
                reason=each["reason"],
                until=each["until"] and date.fromisoformat(each["until"]),
            )
            for each in row["blocks"]
        ),
        version=row["version"],
        declined_notices=tuple(row["declined_notices"]),
        privacy=row["privacy"],
        language=row["language"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeIsDue(Query[bool]):
    """Whether there is a notice to be sent now, in real time, and sending with this setting isn't paused."""

    setting: str


def notice_is_due(query: NoticeIsDue) -> bool:
    """A glance that spares an idle library a write lock each second."""
    now = timezone.now()
    due = NoticeRow.objects.filter(state="queued", next_attempt_at__lte=now)
    return due.exists() and not is_paused(at=now, setting=query.setting)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordLinkIsRequested(Query[bool]):
    """Whether somebody's request for a link to set a password waits to be answered."""


def password_link_is_requested(_query: PasswordLinkIsRequested) -> bool:
    """A glance that spares an idle library a write lock each second."""
    return LinkRequestRow.objects.exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeWasCutOff(Query[bool]):
    """Whether there is a notice whose sender died before it could tell how the attempt ended."""


def notice_was_cut_off(_query: NoticeWasCutOff) -> bool:
    """The same glance for the other half of the sweep."""
    return NoticeRow.objects.filter(state="sending", claimed_at__lt=timezone.now() - CUT_OFF_AFTER).exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordLinkIsValid(Query[bool]):
    """Whether a password can be set by this link; `login` and `token` are what it consists of."""

    login: str
    token: str
