"""Makes up what books and people are called, with rare, medium and common words as in a real catalogue."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

_SLOT = re.compile(r"\{(\w+)\}")
#: A word list's first words are drawn the more often, the higher this is; 1 would draw all alike.
_SKEW = 1.6
_WITH_SUBTITLE = 0.6
_VOLUMES = 40
_COINED_BY_PUBLISHERS = 0.25


class WordGenerator:
    """Draws words. The same `random` draws the same ones, on every machine."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._lists = vocabulary()

    def language(self) -> str:
        """A code of ISO 639-2."""
        languages = self._lists["languages"]
        shares = [each["share"] for each in languages.values()]
        return str(self._random.choices(list(languages), shares)[0])

    def title(self, language: str) -> str:
        """What a book in this language may be called."""
        lists = self._lists["languages"][language]
        pattern = self._pick(lists["patterns"])
        if self._random.random() < _WITH_SUBTITLE:
            pattern += ": " + self._pick(self._lists["subtitle"])
        filled = _SLOT.sub(lambda slot: self._fill(slot[1], lists), pattern)
        return filled[0].upper() + filled[1:]

    def author(self) -> str:
        """A name as catalogues enter it: the family's first."""
        return f"{self._pick(self._lists['family'])}, {self._pick(self._lists['given'])}"

    def given(self) -> str:
        """A person's first name."""
        return self._pick(self._lists["given"])

    def family(self) -> str:
        """A person's last name."""
        return self._pick(self._lists["family"])

    def publisher(self) -> str:
        """A name of a publisher; many are small and publish little."""
        if self._random.random() < _COINED_BY_PUBLISHERS:
            return f"{self._coined()} Press"
        return self._pick(self._lists["publisher"])

    def subjects(self) -> tuple[str, ...]:
        """None to three headings."""
        count = self._random.choices((0, 1, 2, 3), (15, 45, 30, 10))[0]
        return tuple(dict.fromkeys(self._pick(self._lists["subject"]) for _ in range(count)))

    def _fill(self, slot: str, lists: Mapping[str, Sequence[str]]) -> str:
        if slot == "coined":
            return self._coined()
        if slot == "number":
            return str(self._random.randint(1, _VOLUMES))
        return self._pick(lists[slot] if slot in lists else self._lists[slot])

    def _coined(self) -> str:
        syllables = self._lists["syllable"]
        return "".join(self._random.choices(syllables, k=3)).capitalize()

    def _pick(self, words: Sequence[str]) -> str:
        return words[int(len(words) * self._random.random() ** _SKEW)]


@cache
def vocabulary() -> Any:  # whatever YAML holds
    """The word lists of `vocabulary.yaml`."""
    return yaml.safe_load((Path(__file__).parent / "vocabulary.yaml").read_text(encoding="utf-8"))
