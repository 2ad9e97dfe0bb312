"""The how-tos and CONTRIBUTING name files that exist."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

HOW_TOS = ROOT / "docs" / "how-to"
PAGES = [ROOT / "CONTRIBUTING.md", *sorted(HOW_TOS.glob("*.md"))]
#: A path in backticks: below the project's folder, with a file's suffix or a slash at its end.
_PATH = re.compile(r"`(?P<path>[\w<>.*-]+(?:/[\w<>.*-]+)*(?:/|\.[a-z]+))`")
_SUFFIXES = {".py", ".md", ".txt", ".html", ".json", ".in", ".toml", ".yaml", ".xml"}


def named_paths(text: str) -> set[str]:
    """The paths in backticks, where `<context>` or another placeholder stands for any name."""
    found = {each["path"] for each in _PATH.finditer(text)}
    return {path for path in found if path.endswith("/") or Path(path).suffix in _SUFFIXES}


def exists(path: str) -> bool:
    """Whether a file has this path; for `<context>` every context has to have it."""
    if "<context>" in path:
        contexts = ("catalog", "lending", "patrons")
        return all(exists(path.replace("<context>", context)) for context in contexts)
    return any(ROOT.glob(re.sub(r"<\w+>", "*", path.rstrip("/"))))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_files_that_exist(page: Path) -> None:
    assert [path for path in sorted(named_paths(page.read_text())) if not exists(path)] == []


@pytest.mark.parametrize("page", sorted(HOW_TOS.glob("add-*.md")), ids=lambda page: page.stem)
def test_a_how_to_names_several_files(page: Path) -> None:
    assert len(named_paths(page.read_text())) >= 3


def test_the_index_lists_every_how_to() -> None:
    index = (HOW_TOS / "README.md").read_text()
    assert set(re.findall(r"\]\((add-[\w-]+\.md)\)", index)) == {
        page.name for page in HOW_TOS.glob("add-*.md")
    }


def test_a_missing_file_is_noticed() -> None:
    text = (
        "`lending/domain/no_such_file.py` `<context>/services/commands/<no_such_command>_x.py` `dispatch()`"
    )
    assert not any(exists(path) for path in named_paths(text))
    assert len(named_paths(text)) == 2
