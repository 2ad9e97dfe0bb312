"""The images contain what they need and nothing else, and run as nobody special."""

import ast
import re
from collections.abc import Iterator

import pytest

from library_project.subscriptions import SUBSCRIPTIONS
from tests.infrastructure.stack import composition
from tests.infrastructure.stack.stack import VARIABLES
from tests.services.directory import ROOT

INSTRUCTIONS = {"FROM", "COPY", "RUN", "ENV", "WORKDIR", "USER", "VOLUME", "EXPOSE", "CMD"}


def instructions(folder: str) -> Iterator[tuple[str, str]]:
    """Each instruction of a Dockerfile, with all that belongs to it on one line."""
    text = (ROOT / folder / "Dockerfile").read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, " ".join(rest.split())


@pytest.mark.parametrize("folder", [".", "deploy/pgbouncer"])
class TestADockerfile:
    def test_consists_of_instructions(self, folder: str) -> None:
        assert {word for word, _ in instructions(folder)} <= INSTRUCTIONS

    def test_names_the_version_of_what_it_builds_on(self, folder: str) -> None:
        assert all(
            re.match(r"[a-z]+:[a-z\d.]+-?[\w-]*( AS \w+)?$", rest) and ":latest" not in rest
            for word, rest in instructions(folder)
            if word == "FROM"
        )

    def test_ends_as_nobody_special(self, folder: str) -> None:
        users = [rest for word, rest in instructions(folder) if word == "USER"]
        assert users
        assert users[-1] not in {"root", "0"}

    def test_copies_files_that_there_are(self, folder: str) -> None:
        for word, rest in instructions(folder):
            paths = [each for each in rest.split() if not each.startswith("--")]
            if word == "COPY" and "--from=" not in rest:
                assert all((ROOT / folder / path).exists() for path in paths[:-1])

    def test_starts_without_a_shell(self, folder: str) -> None:
        commands = [rest for word, rest in instructions(folder) if word == "CMD"]
        assert len(commands) == 1
        assert isinstance(ast.literal_eval(commands[0]), list)


class TestTheLibrarysImage:
    def test_installs_what_is_locked_and_nothing_else(self) -> None:
        installs = [rest for word, rest in instructions(".") if word == "RUN" and "pip install" in rest]
        assert len(installs) == 1
        assert "--require-hashes" in installs[0]

    def test_contains_every_application_and_no_tests_secrets_or_data(self) -> None:
        lines = (ROOT / ".dockerignore").read_text().splitlines()
        rules = [line for line in lines if line and not line.startswith("#")]
        wanted = {line[1:] for line in rules if line.startswith("!")}
        assert rules[0] == "*"
        assert wanted >= {
            "manage.py",
            "requirements",
            "shared_kernel",
            "outbox",
            *SUBSCRIPTIONS,
            "library_project",
        }
        assert not wanted & {"tests", "benchmarks", "var", ".env", ".git", ".venv"}

    def test_runs_by_default_what_the_composition_runs(self) -> None:
        [default] = [rest for word, rest in instructions(".") if word == "CMD"]
        words = [part for word in ast.literal_eval(default) for part in word.split("=")]
        composed = [part for word in composition.command("web", VARIABLES) for part in word.split("=")]
        assert words == composed
