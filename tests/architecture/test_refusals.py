"""Each refusal says its own sentence: none is inherited by accident, and each placeholder can be filled."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from shared_kernel.domain.errors import Refusal

ROOT = Path(__file__).parents[2]
PACKAGES = ("catalog", "lending", "patrons", "outbox", "shared_kernel")


def _all_below(refusal: type[Refusal]) -> Iterator[type[Refusal]]:
    for each in refusal.__subclasses__():
        if each.__module__.partition(".")[0] in PACKAGES:
            yield each
            yield from _all_below(each)


def refusals() -> list[type[Refusal]]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            if (
                "migrations" not in file.parts and "(Refus" in file.read_text()
            ) or "InvalidValue)" in file.read_text():
                import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    return sorted(set(_all_below(Refusal)), key=lambda each: each.__qualname__)


@pytest.mark.parametrize("refusal", [pytest.param(each, id=each.__name__) for each in refusals()])
def test_a_refusal_has_a_sentence_of_its_own(refusal: type[Refusal]) -> None:
    is_base = refusal.__name__.startswith("_")
    assert is_base or "message" in vars(refusal)
    assert is_base or refusal.code
