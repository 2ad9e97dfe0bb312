"""`grant_access ROLE`: what the application's role may do in PostgreSQL, and no more."""

from collections.abc import Iterator
from typing import Final

from django.core.management.base import CommandError, CommandParser
from django.db import connection, transaction
from psycopg import sql

from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.models import AuditEntry

AUDIT: Final = AuditEntry._meta.db_table
#: By these alone the audit is changed (docs/adr/0027).
_FUNCTIONS: Final = (
    "kernel_audit_forget_comments(bigint[])",
    "kernel_audit_strike(bigint, text[])",
    "kernel_audit_dissociate(bigint[], text)",
    "kernel_audit_delete_denials(bigint[])",
)
_STATEMENTS: Final = (
    "REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC",
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
    f"REVOKE UPDATE, DELETE ON {AUDIT} FROM {{role}}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    *(f"GRANT EXECUTE ON FUNCTION {each} TO {{role}}" for each in _FUNCTIONS),
)
_OWNS: Final = "SELECT pg_has_role(%s, tableowner, 'MEMBER') FROM pg_tables WHERE tablename = %s"


class Command(LibraryCommand):
    """Lets the application's role work with the tables that another role owns."""

    help = (
        "On PostgreSQL, let a role that owns nothing run the library: read and write rows, but of the audit "
        "only read and add. Run by the owner of the tables, after each migrate."
    )

    def options(self, parser: CommandParser) -> None:
        """Declare which role."""
        parser.add_argument("role", metavar="ROLE", help="the role as which the application connects")

    def run(self, *, role: str) -> None:
        """Grant it, all or nothing."""
        if connection.vendor != "postgresql":
            raise CommandError("not_postgresql: only PostgreSQL has roles.")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", [role])
            if cursor.fetchone() == (0,):
                raise CommandError(f"unknown_role: PostgreSQL has no role {role}.")
            cursor.execute(_OWNS, [role, AUDIT])
            if cursor.fetchone() == (True,):
                raise CommandError(f"role_owns_tables: {role} owns the tables, or is a superuser.")
            cursor.execute("SELECT current_schema()")
            (schema,) = cursor.fetchone()
            for statement in _statements(role=role, schema=schema):
                cursor.execute(statement)
        self.stdout.write(f"{role} may use the tables, and only add to the audit.")


def _statements(*, role: str, schema: str) -> Iterator[sql.Composed]:
    names = {"role": sql.Identifier(role), "schema": sql.Identifier(schema)}
    return (sql.SQL(text).format(**names) for text in _STATEMENTS)
