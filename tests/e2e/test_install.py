"""`make install` installs the lock, whatever has been published since it was made."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Registry:
    """A folder of wheels that pip installs from, in place of an index."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def publish(self, name: str, version: str, *, requires: str = "", extra: str = "") -> str:
        """Publish a release and answer with its line for a lock."""
        wheel = self.folder / f"{name}-{version}-py3-none-any.whl"
        info = f"{name}-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        metadata += f"Requires-Dist: {requires}\n" if requires else ""
        metadata += f"Provides-Extra: {extra}\n" if extra else ""
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(f"{info}/METADATA", metadata)
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
        return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout of which only what installs is there."""
    project = tmp_path / "project"
    (project / "requirements").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", project)
    return project


def lock(project: Path, *lines: str) -> None:
    for name in ("base.txt", "dev.txt"):
        (project / "requirements" / name).write_text("".join(lines))


def install(project: Path, registry: Registry) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "install", f"PYTHON={sys.executable}"],
        cwd=project,
        env=os.environ
        | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(registry.folder), "PIP_CONFIG_FILE": os.devnull},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def installed(project: Path, name: str) -> str:
    freeze = [str(project / ".venv/bin/python"), "-m", "pip", "freeze"]
    lines = subprocess.run(freeze, capture_output=True, text=True, check=True).stdout.splitlines()
    return dict(line.split("==", 1) for line in lines)[name]


def test_newer_releases_of_everything_change_nothing(registry: Registry, project: Path) -> None:
    plugin = registry.publish("plugin", "1.0", requires="measure[toml]>=1")
    measure = registry.publish("measure", "1.0", extra="toml")
    lock(project, plugin, measure)
    registry.publish("plugin", "2.0", requires="measure[toml]>=2")
    registry.publish("measure", "2.0", extra="toml")

    outcome = install(project, registry)

    assert outcome.returncode == 0, outcome.stderr
    assert installed(project, "plugin") == "1.0"
    assert installed(project, "measure") == "1.0"


def test_a_lock_that_lacks_a_package_is_refused(registry: Registry, project: Path) -> None:
    lock(project, registry.publish("plugin", "1.0", requires="measure"))
    registry.publish("measure", "1.0")

    outcome = install(project, registry)

    assert outcome.returncode != 0
    assert "measure" in outcome.stdout + outcome.stderr
    assert not (project / ".venv/.base").exists()


def test_a_release_replaced_under_its_own_number_is_refused(registry: Registry, project: Path) -> None:
    locked = registry.publish("plugin", "1.0")
    lock(project, locked)
    registry.publish("plugin", "1.0", extra="surprise")

    outcome = install(project, registry)

    assert outcome.returncode != 0
    assert "HASHES" in outcome.stderr
