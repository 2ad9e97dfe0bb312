"""Lending's unit of work on the database."""

from collections.abc import Sequence

from lending.adapters.repositories.accounts import DjangoAccounts
from lending.adapters.repositories.configuration_cache import ConfigurationCache
from lending.adapters.repositories.holds import DjangoHoldQueues
from lending.adapters.repositories.loans import DjangoInHouseUses, DjangoLoans
from lending.adapters.repositories.rules import DjangoCalendars, DjangoRules
from shared_kernel.services.bus import Repository


class DjangoLendingWork:
    """Fresh repositories for one command."""

    def __init__(self) -> None:
        self.loans = DjangoLoans()
        self.accounts = DjangoAccounts()
        self.holds = DjangoHoldQueues()
        self.in_house_uses = DjangoInHouseUses()
        configuration = ConfigurationCache()
        self.rules = DjangoRules(configuration)
        self.calendars = DjangoCalendars(configuration)

    @property
    def repositories(self) -> Sequence[Repository]:
        """In the order in which they are written."""
        return (self.loans, self.accounts, self.holds, self.in_house_uses, self.rules, self.calendars)
