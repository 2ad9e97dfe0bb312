"""The span of one command over patrons' tables."""

from collections.abc import Sequence

from patrons.adapters.logins import DjangoLogins
from patrons.adapters.repositories.categories import DjangoCategories
from patrons.adapters.repositories.link_requests import DjangoLinkRequests
from patrons.adapters.repositories.notices import DjangoNotices
from patrons.adapters.repositories.patrons import DjangoPatrons
from patrons.adapters.wordings import DjangoWordings
from shared_kernel.services.bus import Repository


class DjangoPatronsWork:
    """Patrons' unit of work in Django's database."""

    def __init__(self) -> None:
        self.patrons = DjangoPatrons()
        self.categories = DjangoCategories()
        self.logins = DjangoLogins()
        self.notices = DjangoNotices()
        self.link_requests = DjangoLinkRequests()
        self.wordings = DjangoWordings()

    @property
    def repositories(self) -> Sequence[Repository]:
        """The repositories to be written at the end."""
        return (self.patrons,)
