"""The application's role in PostgreSQL: it owns nothing, and of the audit it can only read and add."""

import subprocess
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from tests.infrastructure.stack.conftest import Running
from tests.infrastructure.stack.stack import VARIABLES, make_roles
from tests.services.postgresql import Postgres

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.rabbitmq,
    pytest.mark.xdist_group("stack"),
    pytest.mark.timeout(300),
]

AUDIT = "shared_kernel_auditentry"
OLD_DENIAL = (
    f"INSERT INTO {AUDIT}"
    " (at, principal, door, action, outcome, codes, subjects, comment, correlation_id)"
    " VALUES (now() - interval '200 days', 'user:1', 'api', 'x', 'denied', '[]', '{}', '', '')"
)
REFUSED = {
    "change the audit": f"UPDATE {AUDIT} SET principal = 'x'",
    "change a comment": f"UPDATE {AUDIT} SET comment = 'x'",
    "delete from the audit": f"DELETE FROM {AUDIT}",
    "empty the audit": f"TRUNCATE {AUDIT}",
    "lock the audit's rows": f"SELECT 1 FROM {AUDIT} FOR UPDATE",
    "drop a table": f"DROP TABLE {AUDIT}",
    "change a table": "ALTER TABLE patrons_patronrow ADD COLUMN x int",
    "make a table": "CREATE TABLE x (id int)",
    "make a schema": "CREATE SCHEMA x",
    "make a role": "CREATE ROLE x",
    "replace a function": "CREATE OR REPLACE FUNCTION kernel_audit_forget_comments(entries bigint[])"
    " RETURNS void LANGUAGE sql AS 'SELECT'",
    "forge migrations": "DELETE FROM django_migrations",
    "become the owner": "SET ROLE library_owner",
    "run a program": "COPY (SELECT 1) TO PROGRAM 'true'",
    "read the server's files": "SELECT pg_read_file('/etc/passwd')",
}


@pytest.fixture(scope="module")
def application(running: Running, server: Postgres) -> Iterator[psycopg.Connection]:
    """A connection to PostgreSQL as the application's role."""
    address = server.url.rpartition("@")[2].rpartition("/")[0]
    password = VARIABLES["POSTGRES_APPLICATION_PASSWORD"]
    assert running.stack.is_healthy("web")
    with psycopg.connect(f"postgres://library:{password}@{address}/library", autocommit=True) as connection:
        yield connection


class TestTheApplicationsRole:
    @pytest.mark.parametrize("what", REFUSED)
    def test_can_not(self, application: psycopg.Connection, what: str) -> None:
        with pytest.raises(errors.InsufficientPrivilege):
            application.execute(REFUSED[what].encode())

    def test_reads_and_adds_to_the_audit(self, application: psycopg.Connection) -> None:
        assert application.execute(f"SELECT count(*) FROM {AUDIT}".encode()).fetchone() != (0,)

    def test_owns_nothing(self, application: psycopg.Connection) -> None:
        owned = application.execute("SELECT relname FROM pg_class WHERE relowner = 'library'::regrole")
        assert owned.fetchall() == []

    def test_erases_anonymises_and_prunes_all_the_same(
        self, running: Running, application: psycopg.Connection
    ) -> None:
        desk, stack = running.desk, running.stack
        patron, [barcode] = desk.register(), desk.add_copies()
        assert desk.post(f"/patrons/{patron.id}/suspend", reason=f"said {patron.name}").status == 200
        assert desk.post(f"/patrons/{patron.id}/reinstate").status == 200
        desk.lend(barcode, patron)
        assert desk.give_back(barcode).status == 200
        stack.inside("worker", "anonymise_loans", "--as-of", "2999-01-01T00:00:00Z")
        about = (
            f"SELECT count(*) FROM {AUDIT} WHERE subjects ? 'loan' AND subjects ->> 'patron' = '{patron.id}'"
        )
        assert application.execute(about.encode()).fetchone() == (0,)
        token = stack.inside("web", "create_token", "manager", "--scope", "override").split()[1]
        manager = type(desk)(desk.url, token)
        erased = manager.post(f"/patrons/{patron.id}/erase", reason="asked for it")
        assert erased.status == 200, erased.text
        application.execute(OLD_DENIAL.encode())
        assert "1 denials" in stack.inside("worker", "prune_outbox")

    def test_is_made_again_without_harm(self, running: Running, server: Postgres) -> None:
        make_roles(f"{server.url.rpartition('/')[0]}/library")
        running.stack.run("migrate")
        assert running.stack.is_healthy("web")

    def test_can_not_be_the_owner(self, running: Running) -> None:
        with pytest.raises(subprocess.CalledProcessError) as refused:
            running.stack.inside("migrate", "grant_access", "library_owner")
        assert "role_owns_tables" in refused.value.stderr
