"""A file is imported by a worker that is killed in the middle."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.installation import Installation
from tests.e2e.observation import eventually

pytestmark = pytest.mark.xdist_group("library")

REPAIRED_WITHIN = 30.0
RECORDS = 2000
FILE = b"title,author\n" + b"".join(
    b"Imported volume %d,Ada Lovelace\n" % number for number in range(RECORDS)
)


@pytest.fixture(autouse=True)
def _everything_runs_afterwards(library: Installation) -> Iterator[None]:
    yield
    library.start_missing()


def look(library: Installation, id: str) -> dict[str, Any]:
    found: dict[str, Any] = library.desk.get(f"/api/v1/imports/{id}").json
    return found


def sent(library: Installation) -> str:
    answer = library.desk.send_file("volumes.csv", FILE)
    assert answer.status == 202, answer.text
    return str(answer.json["id"])


class TestAWorkerKilledInTheMiddleOfAnImport:
    def test_is_followed_by_one_that_goes_on_and_no_book_is_made_twice(self, library: Installation) -> None:
        file = sent(library)
        eventually(lambda: look(library, file)["handled"] > 0, within=REPAIRED_WITHIN)
        library.system.processes["worker"].kill()
        left = look(library, file)
        assert (left["state"], 0 < left["handled"] < RECORDS) == ("running", True)
        library.system.start("worker")
        eventually(lambda: look(library, file)["handled"] > left["handled"], within=REPAIRED_WITHIN)
        eventually(lambda: look(library, file)["state"] == "done", within=120)
        done = look(library, file)
        assert (done["created"], done["copies"], done["rejected_count"]) == (RECORDS, RECORDS, 0)
        again = sent(library)
        eventually(lambda: look(library, again)["state"] == "done", within=120)
        done = look(library, again)
        assert (done["created"], done["unchanged"]) == (0, RECORDS)
        library.ledger.comes_out_even(within=120)
