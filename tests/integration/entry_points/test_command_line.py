"""Commands with arguments that nobody means: exit 1 or 2 with a line that says why, and never a traceback."""

from argparse import Action
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import CommandParser
from django.db import OperationalError, connections

from shared_kernel.management.base_command import LibraryCommand
from tests.integration.entry_points.hostile import RIGHT_TO_LEFT, ZERO_WIDTH

pytestmark = pytest.mark.django_db

OURS = ("catalog", "patrons", "lending", "outbox", "shared_kernel", "library_project")
COMMANDS = sorted(name for name, app in get_commands().items() if app in OURS)
#: These go on until they are told to stop, or write much, so they are given wrong options alone.
LONG_RUNNING = {
    *("relay_outbox", "consume_events", "seed_demo", "declare_topology", "describe_events"),
    "check_invariants",
}
ODD = [
    *("", " ", "-", "--", "x" * 20_000, ZERO_WIDTH, RIGHT_TO_LEFT, "\udcff\udcfe", "a\udc80b", "ä" * 300),
    *("0", "-1", "9" * 400, "1e3", "NaN", "٣", "null", "true", "' OR 1=1 --", "%s%n", "a\nb", "\x1b[31m"),
    *("2024-02-30", "2024-01-15T10:00:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"),
    *("/", "/dev/null", "no/such/file", ".", "00000000-0000-4000-8000-000000000000", "a@b\nBcc: c@d"),
]


@dataclass(frozen=True, slots=True)
class Ended:
    status: int
    said: str
    complained: str


Run = Callable[..., Ended]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command as the shell would, but keeps the test's database connection."""
    monkeypatch.chdir(tmp_path)  # whatever is a file's name, too, is written
    monkeypatch.setattr(connections, "close_all", lambda: None)

    def call(name: str, *arguments: str) -> Ended:
        command = load_command_class(get_commands()[name], name)
        status: object = 0
        try:
            command.run_from_argv(["manage.py", name, *arguments])
        except SystemExit as exit_:
            status = exit_.code or 0
        out, err = capsys.readouterr()
        assert isinstance(status, int), status
        return Ended(status, out, err)

    return call


def arguments_of(name: str) -> tuple[list[Action], list[Action]]:
    """What the command takes by place, and by name."""
    command = load_command_class(get_commands()[name], name)
    parser: CommandParser = command.create_parser("manage.py", name)
    djangos = {action.dest for action in LibraryCommand().create_parser("manage.py", "x")._actions}
    own = [action for action in parser._actions if action.dest not in djangos or action.dest == "as_of"]
    return [each for each in own if not each.option_strings], [each for each in own if each.option_strings]


def odd_lines(name: str) -> Iterator[list[str]]:
    """Command lines with an odd value in every place, and for every option in turn."""
    by_place, by_name = arguments_of(name)
    filled = ["x"] * len(by_place)
    for odd in ODD:
        yield [odd] * len(by_place)
        for option in by_name:
            if option.nargs != 0:
                yield [*filled, option.option_strings[0], odd]
                if odd != "--":  # argparse makes an empty list of it
                    yield [*filled, f"{option.option_strings[0]}={odd}"]


@pytest.mark.parametrize("name", COMMANDS)
class TestACommand:
    def test_says_in_a_line_what_is_wrong_with_its_arguments(
        self, name: str, run: Run, rows: Callable[[], dict[str, int]]
    ) -> None:
        for line in odd_lines(name):
            if name in LONG_RUNNING and not any(word.startswith("--") and len(word) > 2 for word in line):
                continue
            before = rows()
            ended = run(name, *line)
            about = ascii((line, ended))[:800]
            assert ended.status in {0, 1, 2}, about
            assert "Traceback" not in ended.said + ended.complained, about
            if ended.status == 1:
                assert ended.complained.rstrip("\n").count("\n") == 0, about
            if ended.status:
                assert ended.complained, about
                assert rows() == before, about

    def test_knows_no_other_option_and_no_more_arguments(self, name: str, run: Run) -> None:
        for line in (["--no-such-option"], ["--json=1"], ["a"] * 9, ["--as-of"], ["--verbosity", "9"]):
            ended = run(name, *line)
            assert ended.status == 2 or (line == ["a"] * 9 and name == "replay_quarantine"), (line, ended)
            assert "Traceback" not in ended.complained

    def test_explains_itself(self, name: str, run: Run) -> None:
        ended = run(name, "--help")
        assert ended.status == 0
        assert f"manage.py {name}" in ended.said


class TestWithoutTheDatabase:
    @pytest.mark.parametrize(
        "line", [["list_books"], ["outbox_status"], ["add_book", "Title", "Author"], ["deliver_notices"]]
    )
    def test_a_command_says_so_and_nothing_else(
        self, line: list[str], run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: object, **__: object) -> None:
            raise OperationalError("connection to server at 10.0.0.1, user library, password secret failed")

        monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", away)
        monkeypatch.setattr("django.db.transaction.Atomic.__enter__", away)
        ended = run(*line)
        assert ended.status == 1
        assert ended.complained.startswith("CommandError: unavailable: ")
        assert "10.0.0.1" not in ended.complained
        assert ended.complained.count("\n") == 1
