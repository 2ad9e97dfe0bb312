import psycopg
import pytest
from django.db import connection

from library_project.database import with_timeouts

pytestmark = pytest.mark.django_db


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is not connected with")
class TestAConnection:
    def told(self, *names: str, **options: str) -> list[str]:
        parameters = connection.get_connection_params()
        limits = with_timeouts(options, statement_timeout=1.5, lock_timeout=0)
        address = {name: parameters[name] for name in ("dbname", "user", "host", "port")}
        with psycopg.connect(**address, **limits) as another:
            return [value for name in names for (value,) in another.execute(f"SHOW {name}".encode())]

    def test_has_its_limits_and_scans_tables_from_the_first_row(self) -> None:
        names = ("statement_timeout", "lock_timeout", "synchronize_seqscans")
        assert self.told(*names) == ["1500ms", "0", "off"]

    def test_lets_the_address_say_otherwise(self) -> None:
        assert self.told("statement_timeout", options="-c statement_timeout=2s") == ["2s"]
