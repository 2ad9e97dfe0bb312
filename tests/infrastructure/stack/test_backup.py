"""The manual's own commands bring a library back: what was saved is there again, what came later is gone."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ON_POSTGRESQL
from tests.services.directory import ROOT
from tests.system import System

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite is saved by its own tool"),
]

MANUAL = (ROOT / "docs" / "operations.md").read_text()


def documented(program: str) -> str:
    [line] = re.findall(rf"^    ({program} .*\$DATABASE_URL.*)$", MANUAL, re.MULTILINE)
    return str(line)


def typed(system: System, line: str) -> None:
    clients = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/pg_dump")]
    path = os.pathsep.join([*map(str, sorted(clients, reverse=True)), system.settings["PATH"]])
    environment = system.settings | {"PATH": path}
    done = subprocess.run(
        ["sh", "-c", line], cwd=system.folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


class TestABackup:
    def test_brings_back_what_was_there_and_nothing_that_came_later(self, database_url: str) -> None:
        with System(DATABASE_URL=database_url) as system:
            system.manage("migrate", "--verbosity", "0")
            system.manage("add_book", "Kept", "Ada Lovelace")
            typed(system, documented("pg_dump"))
            system.manage("add_book", "Written too late", "Ada Lovelace")
            typed(system, documented("pg_restore"))
            assert [book["title"] for book in system.ask("list_books")] == ["Kept"]
            system.manage("add_book", "Written after", "Ada Lovelace")  # sequences and triggers are there
            [found] = system.ask("list_books", "--search", "after")
            assert found["title"] == "Written after"
