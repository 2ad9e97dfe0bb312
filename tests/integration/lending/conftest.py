"""The desk."""

import pytest

from tests.integration.conftest import Token
from tests.integration.lending.desk import Desk


@pytest.fixture
def desk(token: Token) -> Desk:
    """A machine with the scopes of circulation."""
    return Desk(token("circulation:read", "circulation:write"))
