"""A patron's loans, holds and balance, for the desk and for the patron."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Avg, Case, DurationField, ExpressionWrapper, F, Value, When

from lending.domain.loan import LoanState
from lending.domain.waiting_time import estimated_ready_at
from lending.models import HoldRow, LoanRow
from lending.services.hold_details import HoldDetails
from lending.services.loan_details import LoanDetails
from lending.services.ports import LendingWork, PatronDirectory, PatronNotFound, PrivacyChoices
from lending.services.queries.holds import ListHolds, list_holds
from lending.services.queries.loans import ListLoans, list_loans
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.money import Money
from shared_kernel.services.bus import Query, Result
from shared_kernel.services.pagination import PageRequest

#: Nobody has more loans or holds in sight than this; the lists have all of them.
_MOST: Final = PageRequest(size=100)
#: The usual delay of returns is looked for in so many of the latest.
_SAMPLE: Final = 200
#: How long one patron has a copy, together with the way from one to the next, where nothing is known.
_TURN: Final = timedelta(days=21)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBook(Result):
    """A hold of a patron, what it is for, and when a copy will probably be there (null: nobody knows)."""

    hold: HoldDetails
    title: str
    estimated_ready_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileDetails(Result):
    """A patron's circulation. `loans` are the open ones, `balance` is what is owed.

    `privacy` is how long past loans are remembered as theirs: `default`, `forever` or `never`.
    `birth_date` is null where it is unknown.
    """

    patron: UUID
    loans: Sequence[LoanDetails]
    holds: Sequence[HeldBook]
    balance: Money
    privacy: str
    birth_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronProfile(Query[ProfileDetails]):
    """A patron's loans and holds. `viewer_login` bounds it to that login's own; None sees everybody's."""

    refusals = (PatronNotFound,)

    patron: UUID
    viewer_login: int | None = None


def patron_profile(
    query: PatronProfile,
    *,
    patrons: PatronDirectory,
    choices: PrivacyChoices,
    work: LendingWork,
    clock: Clock,
) -> ProfileDetails:
    """The profile. Raises PatronNotFound, also for somebody else's."""
    if query.viewer_login is not None and patrons.id_of_login(query.viewer_login) != query.patron:
        raise PatronNotFound
    standing = patrons.standing_of(query.patron)
    open_loans = ListLoans(patron=query.patron, state="outstanding", page=_MOST)
    active_holds = ListHolds(patron=query.patron, state="active", page=_MOST)
    loans = list_loans(open_loans, patrons=patrons, clock=clock).results
    holds = list_holds(active_holds, patrons=patrons).results
    return ProfileDetails(
        patron=query.patron,
        loans=loans,
        holds=_held_books(holds, now=clock.now()),
        balance=work.accounts.balance_of(query.patron),
        privacy=choices.of(query.patron).value,
        birth_date=standing.birth_date,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProfile(Query[ProfileDetails]):
    """The circulation of the patron behind a login."""

    refusals = (PatronNotFound,)

    login: int


def own_profile(
    query: OwnProfile, *, patrons: PatronDirectory, choices: PrivacyChoices, work: LendingWork, clock: Clock
) -> ProfileDetails:
    """The profile. Raises PatronNotFound for a login that is no patron's."""
    patron = patrons.id_of_login(query.login)
    if patron is None:
        raise PatronNotFound
    return patron_profile(
        PatronProfile(patron=patron), patrons=patrons, choices=choices, work=work, clock=clock
    )


def _held_books(holds: Sequence[HoldDetails], *, now: datetime) -> list[HeldBook]:
    books = [hold.book for hold in holds]
    titles = dict(HoldRow.objects.filter(id__in=[hold.id for hold in holds]).values_list("id", "title"))
    due_dates = _due_dates(books)
    delay = _usual_delay() if any(hold.state == "waiting" for hold in holds) else timedelta()
    return [
        HeldBook(
            hold=hold,
            title=titles[hold.id],
            estimated_ready_at=estimated_ready_at(
                position=hold.position,
                due_dates=due_dates.get(hold.book, ()),
                usual_delay=delay,
                turn=_TURN,
                now=now,
            )
            if hold.state == "waiting" and hold.position and not hold.suspended
            else None,
        )
        for hold in holds
    ]


def _due_dates(books: Sequence[UUID]) -> Mapping[UUID, list[datetime]]:
    found: dict[UUID, list[datetime]] = {}
    rows = LoanRow.objects.filter(book_id__in=books, state=LoanState.OPEN).values_list("book_id", "due_at")
    for book_id, due_at in rows:
        found.setdefault(book_id, []).append(due_at)
    return found


def _usual_delay() -> timedelta:
    """By how much the latest returned loans came back after their due date, on the average."""
    late = ExpressionWrapper(F("returned_at") - F("due_at"), output_field=DurationField())
    latest = LoanRow.objects.filter(state=LoanState.RETURNED).order_by("-borrowed_at")[:_SAMPLE]
    delays = latest.annotate(
        delay=Case(
            When(returned_at__gt=F("due_at"), then=late),
            default=Value(timedelta()),
            output_field=DurationField(),
        )
    )
    mean: timedelta | None = delays.aggregate(mean=Avg("delay"))["mean"]
    return mean or timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskProfile(Result):
    """A patron as the desk sees one: who it is, what is in the way of lending, and the profile."""

    card: str
    name: str
    category: str
    expires_on: date | None
    blocks: Sequence[str]
    circulation: ProfileDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class CardProfile(Query[DeskProfile]):
    """The patron with this card or email address."""

    card_or_email: str


def card_profile(
    query: CardProfile, *, patrons: PatronDirectory, choices: PrivacyChoices, work: LendingWork, clock: Clock
) -> DeskProfile:
    """The profile. Raises UnknownPatron."""
    standing = patrons.standing(card=patrons.card_of(query.card_or_email))
    return DeskProfile(
        card=standing.card,
        name=patrons.names_of([standing.id]).get(standing.id, ""),
        category=standing.category,
        expires_on=standing.expires_on,
        blocks=[
            block.reason + (f" (until {block.until})" if block.until else "") for block in standing.blocks
        ],
        circulation=patron_profile(
            PatronProfile(patron=standing.id),
            patrons=patrons,
            choices=choices,
            work=work,
            clock=clock,
        ),
    )
