"""The documents name what the code has, and their links lead somewhere."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from shared_kernel.domain.events import DomainEvent
from tests.conftest import ROOT

OPERATIONS = ROOT / "docs" / "operations.md"
CONTEXT_MAP = ROOT / "docs" / "context-map.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
OURS = ("catalog", "patrons", "lending", "outbox", "shared_kernel", "library_project")

#: The target of a Markdown link, without the title that may follow it.
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)[^)]*\)")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_BESIDE_THE_FILES = ("http://", "https://", "mailto:", "#")


def settings() -> list[str]:
    return list(yaml.safe_load((ROOT / "library_project" / "settings.yaml").read_text()))


def event_types() -> list[str]:
    for context in ("catalog", "patrons", "lending"):
        domain = importlib.import_module(f"{context}.domain")
        for module in pkgutil.walk_packages(domain.__path__, f"{domain.__name__}."):
            importlib.import_module(module.name)
    return sorted({event.type for event in _below(DomainEvent) if event.__module__.startswith(OURS)})


def _below(event: type[DomainEvent]) -> Iterator[type[DomainEvent]]:
    for each in event.__subclasses__():
        if "type" in vars(each):
            yield each
        yield from _below(each)


def commands() -> list[str]:
    return sorted(name for name, app in get_commands().items() if app in OURS)


def relative_links(document: Path) -> list[str]:
    text = _CODE.sub("", document.read_text())
    targets = [found["target"] for found in _LINK.finditer(text)]
    return [target for target in targets if not target.startswith(_BESIDE_THE_FILES)]


class TestTheOperationsManual:
    @pytest.mark.parametrize("name", settings())
    def test_explains_the_setting(self, name: str) -> None:
        assert f"| `{name}` |" in OPERATIONS.read_text()

    @pytest.mark.parametrize("name", commands())
    def test_names_the_command(self, name: str) -> None:
        assert re.search(rf"^\| `{name}[ `]", OPERATIONS.read_text(), re.MULTILINE)

    def test_names_no_setting_that_is_gone(self) -> None:
        named = re.findall(r"^\| `([A-Z][A-Z_]+)` \|", OPERATIONS.read_text(), re.MULTILINE)
        assert sorted(named) == sorted(settings())


class TestTheContextMap:
    def test_has_events_to_tell_of(self) -> None:
        assert "lending.book_borrowed.v1" in event_types()

    def test_tells_of_each_event_type_and_of_no_other(self) -> None:
        told = re.findall(r"^\| `([a-z]+\.[a-z_]+\.v\d+)` \|", CONTEXT_MAP.read_text(), re.MULTILINE)
        assert sorted(told) == event_types()


class TestTheLinks:
    @pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
    def test_lead_to_files_that_exist(self, document: Path) -> None:
        missing = [
            target
            for target in relative_links(document)
            if not (document.parent / target.partition("#")[0]).exists()
        ]
        assert not missing

    def test_are_found_at_all(self) -> None:
        assert len(relative_links(CONTEXT_MAP)) > 5

    def test_reach_every_decision_from_the_list_of_decisions(self) -> None:
        pages = {path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md")}
        assert set(relative_links(ROOT / "docs" / "adr" / "README.md")) == pages


class TestTheExampleOfSettings:
    def test_names_settings_that_exist(self) -> None:
        named = re.findall(r"^#?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
        assert named
        assert not set(named) - set(settings())


class TestTheSecurityDocument:
    TEXT = (ROOT / "docs" / "security.md").read_text()

    def test_answers_each_chapter_of_the_standard_in_order(self) -> None:
        assert re.findall(r"^## V(\d+) ", self.TEXT, re.MULTILINE) == [str(number) for number in range(1, 18)]

    def test_names_tests_that_there_are(self) -> None:
        named = set(re.findall(r"`(tests/[^`]+)`", self.TEXT))
        assert named
        assert [path for path in sorted(named) if not (ROOT / path).is_file()] == []

    def test_gives_a_test_or_a_reason_in_each_row(self) -> None:
        rows = [line.strip("| ").split(" | ") for line in self.TEXT.splitlines() if line.startswith("| V")]
        unfounded = [row[0] for row in rows if "tests/" not in row[-1] and len(" ".join(row[1:])) < 40]
        assert rows
        assert unfounded == []
