"""The contracts of import-linter hold, and each of them notices a violation that is planted."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("library_project", "lending", "catalog", "patrons", "outbox", "shared_kernel")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    linter = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([linter, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.mrc")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


class TestTheLayers:
    def test_hold(self) -> None:
        result = lint(ROOT)
        assert result.returncode == 0, result.stdout

    @pytest.mark.parametrize(
        ("module", "line"),
        [
            ("catalog/domain/book.py", "import django.db.models"),
            ("lending/domain/loan.py", "import lending.models"),
            ("lending/domain/policies/borrowing.py", "import msgspec"),
            ("lending/services/commands/borrow_book.py", "import django.utils.timezone"),
            ("lending/services/queries/loans.py", "import patrons.public"),
            ("lending/adapters/acl.py", "import patrons.models"),
            ("catalog/services/queries/get_book.py", "import lending.models"),
            ("catalog/adapters/repositories/books.py", "import patrons.public"),
            ("patrons/subscribers.py", "import patrons.api.patrons"),
            ("outbox/relay.py", "import catalog.models"),
            ("shared_kernel/web/views.py", "import outbox.models"),
            ("lending/api/loans.py", "import kombu"),
        ],
    )
    def test_notice_a_planted_violation(self, tree: Path, module: str, line: str) -> None:
        path = tree / module
        path.write_text(f"{path.read_text()}\n\nif False:\n    {line}\n")
        result = lint(tree)
        assert result.returncode == 1, f"{line} in {module} went unnoticed:\n{result.stdout}"


class TestTheHouse:
    @pytest.mark.parametrize("package", PACKAGES)
    def test_keeps_init_files_empty(self, package: str) -> None:
        assert [str(path) for path in (ROOT / package).rglob("__init__.py") if path.read_text().strip()] == []

    def test_lets_pages_give_commands_by_their_forms_keys_alone(self) -> None:
        """What is given to `dispatch_form` is done once, however often the form arrives."""
        sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
        of_pages = {path: text for path in sources if "HttpRequest" in (text := path.read_text())}
        past_the_key = [path for path, text in of_pages.items() if "commands import dispatch\n" in text]
        assert past_the_key == [ROOT / "shared_kernel/web/form_idempotency.py"]

    def test_runs_nothing_at_start(self) -> None:
        assert [str(path) for path in ROOT.glob("*/apps.py") if "def ready" in path.read_text()] == []
