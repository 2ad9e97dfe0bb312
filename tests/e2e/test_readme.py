"""The README's tour, typed word for word.

Its blocks marked `console` are one session in a shell, while `make run` runs in another terminal. A line that
begins with `$ ` is typed (it goes on after a backslash at its end, or in lines that begin with `> `), the
others are the answer. `…` stands for anything within a line, and alone in a line for any lines. A command
without an answer has to succeed. Port 8000 becomes the test's.
"""

import re
from dataclasses import dataclass

import pytest

from tests.conftest import ROOT
from tests.e2e.make_run import MakeRun
from tests.e2e.shell_session import ShellSession

pytestmark = pytest.mark.xdist_group("readme")

_BLOCKS = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(slots=True)
class Step:
    """What is typed, and the answer that the README shows."""

    typed: str
    shown: list[str]

    def allows(self, answer: str) -> bool:
        """Whether the answer is as shown."""
        lines = [r"(?:.*\n)*?" if line.strip() == "…" else _pattern(line) for line in _trimmed(self.shown)]
        return bool(
            re.fullmatch("".join(lines), "".join(f"{line}\n" for line in _trimmed(answer.splitlines())))
        )


def tour(text: str) -> list[Step]:
    """The steps of all console blocks of a README, in order."""
    steps: list[Step] = []
    for block in _BLOCKS.findall(text):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append(Step(line[2:], []))
            elif steps[-1].typed.endswith("\\") or (line.startswith("> ") and not steps[-1].shown):
                steps[-1].typed += "\n" + line.removeprefix("> ")
            else:
                steps[-1].shown.append(line)
    return steps


def _pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split("…")) + r"\n"


def _trimmed(lines: list[str]) -> list[str]:
    """Without what nobody sees: blanks at the end of a line, and empty lines at the end."""
    return "\n".join(line.rstrip() for line in lines).rstrip().splitlines()


class TestTheTour:
    def test_goes_as_the_readme_says(self, made_for_the_tour: MakeRun) -> None:
        port = made_for_the_tour.url.rpartition(":")[2]
        steps = tour((ROOT / "README.md").read_text().replace(":8000", f":{port}"))
        assert len(steps) >= 10
        with ShellSession(made_for_the_tour.folder, made_for_the_tour.settings) as terminal:
            for step in steps:
                answer, status = terminal.type(step.typed)
                if step.shown:
                    shown = "\n".join(step.shown)
                    assert step.allows(answer), f"$ {step.typed}\n{answer}\n--- but the README says:\n{shown}"
                else:
                    assert status == 0, f"$ {step.typed}\n{answer}"


class TestTheReaderOfTheTour:
    def test_takes_a_command_apart_from_its_answer(self) -> None:
        [first, second] = tour("```console\n$ one \\\n  more\nanswer\n$ two\n```\ntext\n```sh\n$ no\n```\n")
        assert (first.typed, first.shown) == ("one \\\n  more", ["answer"])
        assert (second.typed, second.shown) == ("two", [])

    @pytest.mark.parametrize(
        ("answer", "fits"),
        [
            ("id 5, done\nlast\n\n", True),
            ("id 5, done\na\nb\nlast", True),
            ("id 5\nlast", False),
            ("last", False),
        ],
    )
    def test_takes_an_ellipsis_for_anything(self, answer: str, fits: bool) -> None:
        assert Step("x", ["id …, done", "…", "last"]).allows(answer) is fits
