"""A process that gets on leaves a sign of life, and only so often."""

from pathlib import Path

import pytest
from pytest_django import Settings

from shared_kernel.resilience import heartbeat


@pytest.fixture
def sign(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(heartbeat, "_next", {})
    return tmp_path / "pulse" / "relay"


class TestAPulse:
    def test_leaves_a_sign_of_the_process(self, sign: Path) -> None:
        heartbeat.heartbeat("relay")
        assert sign.exists()

    def test_is_felt_every_few_seconds_however_often_it_beats(
        self, sign: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = 1000.0
        monkeypatch.setattr(heartbeat, "monotonic", lambda: now)
        heartbeat.heartbeat("relay")
        sign.unlink()
        heartbeat.heartbeat("relay")
        assert not sign.exists()
        now += 6
        heartbeat.heartbeat("relay")
        assert sign.exists()

    def test_stops_no_process_that_cannot_write(self, sign: Path) -> None:
        sign.parent.write_text("a file where the folder should be")
        heartbeat.heartbeat("relay")
        assert not sign.exists()
