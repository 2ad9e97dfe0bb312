"""Shows on stderr how far long work has come: bars to people, lines of percents to logs."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

_STEP = 10  # percent between two lines


@contextmanager
def progress_display() -> Iterator[Callable[[str, int, int], None]]:
    """Show progress on stderr. Yields a function of what is created, how many so far, and the total."""
    terminal = Console(stderr=True)
    if not terminal.is_terminal:
        yield _Lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=terminal) as progress:
        tasks: dict[str, TaskID] = {}

        def show(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total)
            progress.update(tasks[name], completed=done)

        yield show


class _Lines:
    def __init__(self) -> None:
        self._told: dict[str, int] = {}

    def __call__(self, name: str, done: int, total: int) -> None:
        percent = 100 * done // total
        if percent // _STEP > self._told.get(name, 0) // _STEP:
            self._told[name] = percent
            print(f"{name}: {percent} %", file=sys.stderr, flush=True)  # noqa: T201  stderr is a person's log
