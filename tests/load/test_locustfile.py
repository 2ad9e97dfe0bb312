"""The load test itself is tested: a few visitors for some seconds, on a library of their own."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from tests.e2e.api_client import ALL_OF_THE_DESK
from tests.services.directory import ROOT
from tests.system import System

pytestmark = pytest.mark.xdist_group("load")

SECONDS, VISITORS = 8, 10


@pytest.fixture
def system(database_url: str) -> Iterator[System]:
    with System(DATABASE_URL=database_url) as system:
        system.manage("migrate", "--verbosity", "0")
        system.start("web")
        yield system


class TestTheLoadTest:
    def test_visits_a_library_and_writes_with_seven_requests_of_a_hundred(self, system: System) -> None:
        token = system.ask("create_token", "load", "--scope", *ALL_OF_THE_DESK)["token"]
        done = subprocess.run(
            [
                *(".venv/bin/locust", "--headless", "--locustfile", "tests/load/locustfile.py", "--json"),
                *("--host", system.url, "--users", str(VISITORS), "--spawn-rate", str(VISITORS)),
                *("--run-time", f"{SECONDS}s", "--stop-timeout", "20", "--loglevel", "WARNING"),
            ],
            cwd=system.folder,
            env=system.settings | {"LOAD_TOKEN": token, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        asked = {(each["method"], each["name"]): each for each in json.loads(done.stdout)}
        posts = sum(each["num_requests"] for (method, _), each in asked.items() if method == "POST")
        total = sum(each["num_requests"] for each in asked.values())
        assert sum(each["num_failures"] for each in asked.values()) == 0
        assert total >= VISITORS * 6
        assert posts == 2 * asked["GET", "/api/v1/eligibility"]["num_requests"]
        assert posts / total < 0.25  # seven of a hundred in the long run
