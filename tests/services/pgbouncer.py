"""A real PgBouncer before a PostgreSQL, set up as deploy/pgbouncer says: in transaction mode."""

import re
import shutil
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg

from tests.services import packages
from tests.services.daemon import Daemon, Unavailable, free_ports
from tests.services.directory import ROOT, ServiceDirectory
from tests.services.postgresql import Postgres, server_user
from tests.services.server import Missing, Server, first_of

_AS_DEPLOYED = ROOT / "deploy" / "pgbouncer" / "pgbouncer.ini"
#: For users whom the server lets in without one.
_PASSWORD = "of-the-tests"


@dataclass(frozen=True, kw_only=True)
class PgBouncer(Server):
    """A PgBouncer by the URL of the server's maintenance database; other databases have the same names."""

    name: ClassVar[str] = "PgBouncer"
    container_name: ClassVar[str] = "pgbouncer"
    daemon_name: ClassVar[str] = "pgbouncer"

    def before(self, url: str) -> str:
        """The URL of a database of the server's, by way of PgBouncer."""
        return urlunsplit(urlsplit(url)._replace(netloc=urlsplit(self.url).netloc))

    def answers(self) -> bool:
        """Tell whether it leads to the server within 3 s."""
        try:
            psycopg.connect(self.url, connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True


def pgbouncer(server: Postgres, *, user: str = "", password: str = "") -> PgBouncer | Missing:
    """Start one before a server, for its superuser or for a user of the test's own."""
    return first_of(PgBouncer.name, [lambda: _start(server, _binary(), user=user, password=password)])


def _binary() -> str:
    found = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if found:
        return found
    packages.install("pgbouncer")
    return _binary()


def _start(server: Postgres, binary: str, *, user: str, password: str) -> PgBouncer:
    place = urlsplit(server.url)
    user = user or unquote(place.username or "postgres")
    password = password or unquote(place.password or "") or _PASSWORD
    home = ServiceDirectory("pgbouncer", owner=server_user())
    try:
        [port] = free_ports(1)
        users = home.path / "users.txt"
        users.write_text(f'"{user}" "{password}"\n')
        settings = home.path / "pgbouncer.ini"
        settings.write_text(_settings(server, listen_port=str(port), auth_file=str(users)))
        for file in (users, settings):
            file.chmod(0o644)  # for the server's user, whatever the umask
        command = [binary, str(settings)]
        daemon = Daemon(name=PgBouncer.daemon_name, home=home.path, command=command, user=server_user())
        daemon.save().start()
        url = urlunsplit(place._replace(netloc=f"{user}:{password}@127.0.0.1:{port}"))
        return PgBouncer(url=url, origin="local binaries", process=daemon, home=home).started()
    except Unavailable:
        home.close()
        raise


def _settings(server: Postgres, **own: str) -> str:
    """The settings as deployed, but for places; and any database by its own name."""
    place = urlsplit(server.url)
    at = f"host={place.hostname} port={place.port or 5432}"
    text = _AS_DEPLOYED.read_text().replace("host=postgres port=5432", at)
    for name, value in (own | {"listen_addr": "127.0.0.1"}).items():
        text, count = re.subn(rf"^{name} = .*$", f"{name} = {value}", text, flags=re.MULTILINE)
        assert count == 1, name
    return text.replace("\n[pgbouncer]", f"* = {at}\n\n[pgbouncer]")
