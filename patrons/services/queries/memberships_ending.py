"""Patrons' scheduled jobs: which records are due, and the command that each is due for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import F, Q

from patrons.domain.membership import ANNOUNCED_BEFORE
from patrons.models import PatronRow
from patrons.services.commands.announce_membership_end import AnnounceMembershipEnd
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command, Query

_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MembershipsEnding(Query[Iterator[Command[bool]]]):
    """Which patrons should now get a reminder that their membership ends?"""


def memberships_ending(_query: MembershipsEnding, *, clock: Clock) -> Iterator[Command[bool]]:
    """Memberships that end within two weeks and have not been announced yet."""
    today = clock.now().date()
    some_branchs_today = (today - _A_DAY, today + ANNOUNCED_BEFORE + _A_DAY)  # the command knows whose it is
    ending = PatronRow.objects.filter(expires_on__range=some_branchs_today)
    untold = ending.filter(Q(end_announced=None) | ~Q(end_announced=F("expires_on")))
    for patron in list(untold.order_by("expires_on", "id").values_list("id", flat=True)):
        yield AnnounceMembershipEnd(patron=patron)
