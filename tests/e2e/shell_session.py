"""An interactive shell session."""

import secrets
import subprocess
from pathlib import Path
from threading import Timer
from typing import Self


class ShellSession:
    """One bash process, so that later commands see what earlier ones defined."""

    patience_seconds = 60.0

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        """Start bash in a folder."""
        self._mark = f"--{secrets.token_hex(8)}-- "
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._bash.kill()
        self._bash.communicate()

    def type(self, command: str) -> tuple[str, int]:
        """Run a command; return its combined output and its exit status."""
        assert self._bash.stdin
        assert self._bash.stdout
        timer = Timer(self.patience_seconds, self._bash.kill)
        timer.start()
        self._bash.stdin.write(f"{{ {command}\n}} </dev/null\necho; echo '{self._mark}'$?\n")
        self._bash.stdin.flush()
        said = ""
        for line in self._bash.stdout:
            if line.startswith(self._mark):
                timer.cancel()
                return said.removesuffix("\n"), int(line.removeprefix(self._mark))
            said += line
        raise AssertionError(
            f"$ {command}\n{said}\n(the shell ended, or {self.patience_seconds} s were over)"
        )
