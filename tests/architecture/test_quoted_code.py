"""The code that the documents for contributors quote is the source's own."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(ROOT / "docs" / name for name in ("context-map.md", "language.md", "circulation-rules.md")),
    *sorted((ROOT / "docs" / "how-to").glob("*.md")),
]
_SOURCES = (
    "catalog",
    "lending",
    "library_project",
    "outbox",
    "patrons",
    "shared_kernel",
    "tests",
    "benchmarks",
)
_SUFFIXES = {".py", ".html", ".txt", ".yaml", ".json"}
_PYTHON_BLOCK = re.compile(r"^ *```python\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
#: One name in backticks, perhaps with the names before its dots and a call's parentheses.
_NAME = re.compile(r"`((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?:\(\))?`")
#: Files and modules; `test_how_tos.py` checks those.
_FILE = re.compile(r"\.(?:py|md|txt|html|json|xml|in|toml|yaml|eml)$")


@cache
def source() -> str:
    files = (path for folder in _SOURCES for path in sorted((ROOT / folder).rglob("*")))
    texts = [path.read_text() for path in files if path.suffix in _SUFFIXES and path != Path(__file__)]
    return "\n".join([*texts, (ROOT / "pyproject.toml").read_text(), (ROOT / "Makefile").read_text()])


@cache
def source_lines() -> frozenset[str]:
    return frozenset(line.strip() for line in source().splitlines())


@cache
def source_names() -> frozenset[str]:
    return frozenset(re.findall(r"[A-Za-z_]\w*", source()))


def unknown_lines(text: str) -> list[str]:
    """The lines of Python that occur nowhere in the source; `...` stands for lines that are left out."""
    lines = [line.strip() for block in _PYTHON_BLOCK.findall(text) for line in block.splitlines()]
    return [line for line in lines if line not in {"", "..."} and line not in source_lines()]


def unknown_names(text: str) -> list[str]:
    """The quoted names that occur nowhere in the source."""
    quoted = [name for name in _NAME.findall(_BLOCK.sub("", text)) if not _FILE.search(name)]
    return [name for name in quoted if not source_names().issuperset(name.split("."))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_quoted_line_and_name_exists(page: Path) -> None:
    text = page.read_text()
    assert unknown_lines(text) == []
    assert unknown_names(text) == []


def test_code_that_does_not_exist_is_noticed() -> None:
    nowhere = "does_not" + "_exist"
    text = (
        f"   ```python\n   {nowhere}()\n   ...\n   ```\n`dispatch`, `{nowhere}()`, `Loan.{nowhere}`, `a b`\n"
    )
    assert unknown_lines(text) == [f"{nowhere}()"]
    assert unknown_names(text) == [nowhere, f"Loan.{nowhere}"]
