"""The secret of an installation that was given none."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def load_or_create_secret_key(folder: Path) -> str:
    """The installation's own secret, kept in `folder`; made there by whichever process comes first."""
    path = folder / "secret_key"
    if not path.exists():
        mine = folder / f".secret_key.{os.getpid()}"
        with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
        with suppress(FileExistsError):  # linked when it is whole, for others read it as soon as it is there
            os.link(mine, path)
        mine.unlink()
    return path.read_text()
