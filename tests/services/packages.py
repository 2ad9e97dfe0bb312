"""Installing a server from the distribution's packages, as root on Debian or Ubuntu."""

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.services.daemon import Unavailable

_one_at_a_time = threading.Lock()
_policy = Path("/usr/sbin/policy-rc.d")


def install(package: str) -> None:
    """Install a package without letting its own service start; raise Unavailable with apt's last words."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Unavailable("not root on Debian or Ubuntu, so nothing was installed")
    with _one_at_a_time, _no_service_starts():
        _apt_get("update", "-q")
        _apt_get("install", "-q", "-y", "--no-install-recommends", package)


def _apt_get(*arguments: str) -> None:
    try:
        subprocess.run(
            ["apt-get", "-o", "DPkg::Lock::Timeout=120", *arguments],
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=True,
        )
    except subprocess.CalledProcessError as failed:
        raise Unavailable(f"apt-get {arguments[0]}: {failed.stderr.strip()[-300:]}") from failed
    except subprocess.TimeoutExpired as failed:
        raise Unavailable(f"apt-get {arguments[0]}: {failed}") from failed


@contextlib.contextmanager
def _no_service_starts() -> Iterator[None]:
    """Debian's own switch: an executable policy-rc.d answering 101 forbids a package to start its service."""
    if _policy.exists():
        yield
        return
    _policy.write_text("#!/bin/sh\nexit 101\n")
    _policy.chmod(0o755)
    try:
        yield
    finally:
        _policy.unlink(missing_ok=True)
