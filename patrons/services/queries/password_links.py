"""Links to set a password: whether one is requested, and whether one is valid."""

from dataclasses import dataclass

from patrons.models import LinkRequestRow
from patrons.services.ports import PatronsWork
from shared_kernel.services.bus import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordLinkIsRequested(Query[bool]):
    """Whether a request for a link to set a password waits to be answered."""


def password_link_is_requested(_query: PasswordLinkIsRequested) -> bool:
    """Whether there is one. Saves an idle library a write lock each second."""
    return LinkRequestRow.objects.exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordLinkIsValid(Query[bool]):
    """Whether a password can be set by this link, which consists of `login` and `token`."""

    login: str
    token: str


def password_link_is_valid(query: PasswordLinkIsValid, *, work: PatronsWork) -> bool:
    """Whether the link is of a login that belongs to a patron alone, unused and not expired."""
    return work.logins.is_valid_link(login=query.login, token=query.token)
