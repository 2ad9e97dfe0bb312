from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.pool import Pool
from pathlib import Path

import pytest

from library_project.secret_key import secret_key_in

AT_ONCE, TIMES = 4, 100


@pytest.fixture
def processes() -> Iterator[Pool]:
    with get_context("fork").Pool(AT_ONCE) as pool:
        yield pool


class TestTheSecretOfAnInstallation:
    def test_is_one_and_whole_for_all_that_start_at_once(self, processes: Pool, tmp_path: Path) -> None:
        for number in range(TIMES):
            folder = tmp_path / str(number)
            folder.mkdir()
            found = set(processes.map(secret_key_in, [folder] * AT_ONCE, chunksize=1))
            assert len(found) == 1
            assert len(found.pop()) > 60
            assert [each.name for each in folder.iterdir()] == ["secret_key"]

    def test_stays_and_is_for_its_owner_alone(self, tmp_path: Path) -> None:
        assert secret_key_in(tmp_path) == secret_key_in(tmp_path)
        assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
