"""The product's settings for processes that a test starts: fake contexts instead of the product's."""

from library_project.settings import *  # noqa: F403 - every setting

LIBRARY_SUBSCRIPTIONS = "tests.fakes.ledger.SUBSCRIPTIONS"
LIBRARY_BUS = "tests.fakes.ledger.bus"
