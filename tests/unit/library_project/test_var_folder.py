import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from library_project.var_folder import restrict_to_owner


def modes(folder: Path) -> dict[str, int]:
    found = [folder, *folder.rglob("*")]
    return {str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode) for path in found}


@pytest.fixture
def loose() -> Iterator[None]:
    """Whoever starts the library lets others read what they write."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("loose")
class TestTheFolder:
    def test_is_made_for_its_owner_alone(self, tmp_path: Path) -> None:
        restrict_to_owner(tmp_path / "var")
        (tmp_path / "var" / "mail").mkdir()
        (tmp_path / "var" / "mail" / "1.eml").touch()
        assert modes(tmp_path / "var") == {".": 0o700, "mail": 0o700, "mail/1.eml": 0o600}

    def test_closes_what_was_open_before(self, tmp_path: Path) -> None:
        (tmp_path / "mail" / "old").mkdir(parents=True)
        for name in ("library.sqlite3", "library.sqlite3-wal", "mail/1.eml", "mail/old/2.eml"):
            (tmp_path / name).touch()
        tmp_path.chmod(0o755)
        restrict_to_owner(tmp_path)
        assert {mode for name, mode in modes(tmp_path).items() if (tmp_path / name).is_file()} == {0o600}
        assert {mode for name, mode in modes(tmp_path).items() if (tmp_path / name).is_dir()} == {0o700}

    def test_leaves_what_a_link_points_at(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").touch()
        (tmp_path / "var").mkdir()
        (tmp_path / "var" / "link").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "var" / "broken").symlink_to(tmp_path / "nowhere")
        restrict_to_owner(tmp_path / "var")
        assert stat.S_IMODE((tmp_path / "elsewhere").stat().st_mode) == 0o644

    def test_takes_nothing_back_from_a_stricter_owner(self, tmp_path: Path) -> None:
        os.umask(0o277)
        restrict_to_owner(tmp_path)
        assert os.umask(0o022) == 0o277


@pytest.mark.usefixtures("loose")
def test_a_process_of_the_library_closes_its_folder(tmp_path: Path) -> None:
    """As it is started, whatever starts it: the settings see to it."""
    code = "import os; from django.conf import settings; settings.VAR_DIR; print(oct(os.umask(0)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, cwd=Path.cwd()
    )
    assert done.stdout.strip() == "0o77"
