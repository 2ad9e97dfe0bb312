"""A branch's calendar: its time zone, closed days and closures, and the due dates that follow from them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

from lending.domain.branch_calendar_events import BranchAdded, ClosureAdded, ClosureRemoved
from lending.domain.branch_details import branch_code, branch_name
from shared_kernel.domain.aggregates import Aggregate
from shared_kernel.domain.errors import InvalidValue, NotFound, Refusal

_BRANCHES = UUID("9b0f3f5e-54a1-5d1b-8f0c-2f6f0c5d9e11")
#: The branch that always exists; its day counts where no branch is given.
MAIN: Final = "MAIN"
_LAST_SECOND = time(23, 59, 59)
_DAY = timedelta(days=1)
#: The longest closure, so that an open day is never far away.
LONGEST_CLOSURE: Final = timedelta(days=730)
#: Within these bounds every day can be converted to an instant in any time zone.
EARLIEST_CLOSURE: Final = date(1900, 1, 1)
LATEST_CLOSURE: Final = date(2999, 12, 31)


class AlwaysClosed(InvalidValue):
    code = "always_closed"
    message = "A branch must be open on at least one day of the week."
    pointer = "/closed_weekdays"


class ClosureInvalid(InvalidValue):
    code = "closure_invalid"
    message = (
        "A closure must end on or after its first day, last at most two years, and lie between 1900 and 2999."
    )
    pointer = "/to"


class ClosureOverlaps(Refusal):
    code = "closure_overlaps"
    message = "The branch is already closed from {first_on} to {last_on}: {reason}."


class ClosureNotFound(NotFound):
    message = "The branch has no such closure."


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Days on which a branch is closed, both included."""

    id: UUID
    first_on: date
    last_on: date
    reason: str

    def covers(self, day: date) -> bool:
        """Whether the closure includes that day."""
        return self.first_on <= day <= self.last_on


class BranchCalendar(Aggregate):
    """The calendar of one branch. Dates are in its time zone; instants are aware and returned in UTC.

    `closed_weekdays` counts from Monday 0. Closures don't overlap.
    """

    def __init__(
        self,
        *,
        code: str,
        name: str,
        time_zone: ZoneInfo,
        closed_weekdays: Collection[int] = (),
        closures: Collection[Closure] = (),
        version: int = 0,
    ) -> None:
        super().__init__(id=uuid5(_BRANCHES, code), version=version)
        self.code = code
        self.name = name
        self.time_zone = time_zone
        self.closed_weekdays = frozenset(closed_weekdays)
        self.closures = list(closures)
        if len(self.closed_weekdays) >= 7:
            raise AlwaysClosed

    @classmethod
    def open(
        cls, *, code: str, name: str, time_zone: ZoneInfo, closed_weekdays: Collection[int], at: datetime
    ) -> Self:
        """Create a branch. Raises BranchCodeInvalid, BranchNameInvalid and AlwaysClosed."""
        branch = cls(
            code=branch_code(code),
            name=branch_name(name),
            time_zone=time_zone,
            closed_weekdays=closed_weekdays,
        )
        branch._record(
            BranchAdded(
                aggregate_id=branch.id,
                occurred_at=at,
                code=code,
                time_zone=time_zone.key,
                closed_weekdays=tuple(sorted(branch.closed_weekdays)),
            )
        )
        return branch

    def close(self, *, first_on: date, last_on: date, reason: str, at: datetime) -> Closure:
        """Add a closure. Raises ClosureInvalid and ClosureOverlaps."""
        in_range = first_on >= EARLIEST_CLOSURE and last_on <= LATEST_CLOSURE
        if not in_range or not timedelta(0) <= last_on - first_on <= LONGEST_CLOSURE:
            raise ClosureInvalid
        for other in self.closures:
            if first_on <= other.last_on and other.first_on <= last_on:
                raise ClosureOverlaps(
                    first_on=other.first_on.isoformat(),
                    last_on=other.last_on.isoformat(),
                    reason=other.reason,
                )
        closure = Closure(id=uuid4(), first_on=first_on, last_on=last_on, reason=reason)
        self.closures.append(closure)
        self._record(
            ClosureAdded(
                aggregate_id=self.id,
                occurred_at=at,
                code=self.code,
                closure_id=closure.id,
                first_on=first_on,
                last_on=last_on,
            )
        )
        return closure

    def reopen(self, closure_id: UUID, *, at: datetime) -> None:
        """Remove a closure. Raises ClosureNotFound."""
        closure = next((it for it in self.closures if it.id == closure_id), None)
        if closure is None:
            raise ClosureNotFound(id=str(closure_id))
        self.closures.remove(closure)
        self._record(
            ClosureRemoved(
                aggregate_id=self.id,
                occurred_at=at,
                code=self.code,
                closure_id=closure_id,
                first_on=closure.first_on,
                last_on=closure.last_on,
            )
        )

    def is_open(self, day: date) -> bool:
        """Whether the branch is open on that day."""
        return day.weekday() not in self.closed_weekdays and not any(it.covers(day) for it in self.closures)

    def day_of(self, instant: datetime) -> date:
        """The branch's day on which the instant falls."""
        return instant.astimezone(self.time_zone).date()

    def end_of(self, day: date) -> datetime:
        """The last second of a day of the branch."""
        return datetime.combine(day, _LAST_SECOND, self.time_zone).astimezone(UTC)

    def start_of(self, day: date) -> datetime:
        """The first instant of a day of the branch."""
        return datetime.combine(day, time.min, self.time_zone).astimezone(UTC)

    def open_day_from(self, day: date) -> date:
        """That day, or the next on which the branch is open."""
        while not self.is_open(day):
            day += _DAY
        return day

    def open_day_until(self, day: date, *, not_before: date) -> date:
        """That day, or the last before it on which the branch is open, but none before `not_before`."""
        while not self.is_open(day) and day > not_before:
            day -= _DAY
        return day

    def due_at(
        self, *, after: datetime, from_day: date, days: int, not_after: date | None = None
    ) -> datetime:
        """When a loan of `days` from a day is due: the last second of an open day, later than `after`.

        A due day on which the branch is closed moves on to the next open day; one after `not_after` (a
        membership's last day) moves back to an open day.
        """
        due_on = self.open_day_from(from_day + timedelta(days=days))
        if not_after is not None and due_on > not_after:
            due_on = self.open_day_until(not_after, not_before=self.day_of(after))
        due_at = self.end_of(due_on)
        return due_at if due_at > after else self.end_of(self.open_day_from(self.day_of(after) + _DAY))

    def moved_to_open_day(
        self, deadline_at: datetime, *, now: datetime, not_after: date | None = None
    ) -> datetime:
        """The deadline itself, if the branch is open on its day; else the end of the next open day.

        Where that lies after `not_after` (a membership's last day), it is the last open day until then that
        has not passed; where there is none, the deadline stays.
        """
        day = self.day_of(deadline_at)
        if self.is_open(day):
            return deadline_at
        moved_on = self.open_day_from(day)
        if not_after is not None and moved_on > not_after:
            today = self.day_of(now)
            moved_on = self.open_day_until(min(day, not_after), not_before=today)
            if moved_on < today or not self.is_open(moved_on):
                return deadline_at
        return self.end_of(moved_on)

    def end_of_open_day(self, *, after: datetime, days: int) -> datetime:
        """The last second of the open day that is `days` after an instant, or of the next open day."""
        return self.end_of(self.open_day_from(self.day_of(after) + timedelta(days=days)))

    def open_days_between(self, due_at: datetime, at: datetime) -> int:
        """The number of open days after the due day, up to and including the day of `at`."""
        first, late = self.day_of(due_at), self.days_overdue(due_at=due_at, at=at)
        return sum(self.is_open(first + _DAY * number) for number in range(1, late + 1))

    def days_overdue(self, *, due_at: datetime, at: datetime) -> int:
        """The number of the branch's days from the due day to `at`; 0 while not overdue."""
        return max(0, (self.day_of(at) - self.day_of(due_at)).days)
