"""The folder for all that is written at run time: for its owner alone, whatever the umask was."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

#: Nobody but the owner: taken from every file and folder that a process of the library makes.
_OTHERS = 0o077


def restrict_to_owner(folder: Path) -> None:
    """Make `folder`, and from now on every file of this process, its owner's alone.

    What others could read in it from before is closed, once: as long as the folder itself is closed, nothing
    in it was left open. Files of another owner are left as they are.
    """
    os.umask(os.umask(_OTHERS) | _OTHERS)
    folder.mkdir(exist_ok=True)
    if _is_open(folder):
        for path in _bottom_up(folder):
            with suppress(FileNotFoundError, PermissionError):
                _close(path)


def _bottom_up(folder: Path) -> Iterator[Path]:
    """The contents, then the folder itself, so that an interrupted run begins again."""
    for here, _, files in os.walk(folder, topdown=False):
        yield from (Path(here, name) for name in files)
        yield Path(here)


def _close(path: Path) -> None:
    if not path.is_symlink() and _is_open(path):
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~_OTHERS)


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & _OTHERS)
