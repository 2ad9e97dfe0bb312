"""One running library in a folder: a lock that the system releases when its holder ends, however that is."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from library_project.listen_address import StartupError


class FolderLock:
    """The lock of var/, held."""

    def __init__(self, file: TextIO, path: Path) -> None:
        self._file, self._path = file, path

    def is_in_place(self) -> bool:
        """Whether the lock's file still exists. If it was removed, so was the data beside it."""
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return False


@contextmanager
def lock_folder(folder: Path, url: str) -> Iterator[FolderLock]:
    """Hold the lock of `folder` and say in it where the library is served. Raises StartupError."""
    path = folder / "running"
    try:
        folder.mkdir(exist_ok=True)
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")
    except OSError as error:
        raise StartupError(f"The folder {folder} can't be written: {error.strerror}.") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            where = file.read().strip() or "another address"
            raise StartupError(f"The library in this folder is already running at {where}.") from None
        file.truncate()
        file.write(f"{url}\n")
        file.flush()
        try:
            yield FolderLock(file, path)
        finally:
            file.seek(0)
            file.truncate()
