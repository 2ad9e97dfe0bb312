"""How a kind of letter is worded: a subject and a text with placeholders, and no more than that.

`{book_title}` stands for a fact, `{{` and `}}` for the braces themselves. A placeholder is looked up among
the facts of its kind; it is no expression, so nothing else can be reached by it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Self

from patrons.domain.notice import KINDS
from patrons.domain.text import tidied
from shared_kernel.domain.errors import InvalidValue, NotFound, Refusal, Refused

LONGEST_SUBJECT: Final = 150
LONGEST_TEXT: Final = 5000
#: What a placeholder stands for that is never kept with a letter: who it went to, and what lets them in.
NEVER_KEPT: Final = ("name", "link")

_PIECES = re.compile(r"\{\{|\}\}|\{(?P<placeholder>[^{}\n]*)\}|(?P<stray>[{}])|[^{}]+")
_BLANK_LINES = re.compile(r"\n{3,}")


class KindNotFound(NotFound):
    message = "There is no such kind of letter."


class SubjectUnfit(InvalidValue):
    code = "subject_unfit"
    message = "A subject is one line of 1 to 150 characters."
    pointer = "/subject"


class TextUnfit(InvalidValue):
    code = "text_unfit"
    message = "A text has 1 to 5000 characters and no control characters."
    pointer = "/text"


class _Misworded(InvalidValue):
    """What is wrong with one of the two parts, `part`, of a wording."""

    code = "wording_invalid"

    def __init__(self, *, part: str, **params: object) -> None:
        super().__init__(part=part, **params)
        self.pointer = f"/{part}"


class StrayBrace(_Misworded):
    code = "stray_brace"
    message = (
        "Line {line}: unmatched “{brace}”. Write placeholders like {example}; double a brace to print it."
    )


class UnknownPlaceholder(_Misworded):
    code = "unknown_placeholder"
    message = "Line {line}: letters of this kind have no placeholder {placeholder}. Available: {known}."


class PlaceholderMissing(InvalidValue):
    code = "placeholder_missing"
    message = "The text must contain {missing}; without it the letter is useless."
    pointer = "/text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The subject and the text of a kind of letter in one language."""

    subject: str
    text: str

    @classmethod
    def parse(cls, *, kind: str, subject: str, text: str) -> Self:
        """The wording as it was typed, for a kind. Raises KindNotFound, or Refused with all that is wrong."""
        if kind not in KINDS:
            raise KindNotFound(kind=kind)
        wording = cls(
            subject=tidied(subject, longest=LONGEST_SUBJECT) or "", text=_tidied(text, longest=LONGEST_TEXT)
        )
        if wrong := [*wording._unfit(), *wording._misworded(kind)]:
            raise Refused(*wrong)
        return wording

    def filled(
        self, facts: Mapping[str, str], *, quote: Callable[[str], str] = lambda words: words
    ) -> tuple[str, str]:
        """Subject and text with the facts in place; `quote` makes the wording's own words fit for a format.

        A line of the text is left out if one of its placeholders stands for nothing.
        """
        lines = (line for line in self.text.split("\n") if all(facts[name] for name in _names(line)))
        text = _BLANK_LINES.sub("\n\n", "\n".join(_filled(line, facts, quote) for line in lines))
        return " ".join(_filled(self.subject, facts, quote).split()), f"{text.strip()}\n"

    @property
    def placeholders(self) -> frozenset[str]:
        """The names of its placeholders."""
        return frozenset([*_names(self.subject), *_names(self.text)])

    def _unfit(self) -> Iterator[Refusal]:
        if not self.subject:
            yield SubjectUnfit()
        if not self.text:
            yield TextUnfit()

    def _misworded(self, kind: str) -> Iterator[Refusal]:
        known, needs = KINDS[kind].placeholders, KINDS[kind].needs
        for part, words in (("subject", self.subject), ("text", self.text)):
            for number, line in enumerate(words.split("\n"), start=1):
                yield from _faults(line, part=part, number=number, known=known)
        if missing := [f"{{{need}}}" for need in needs if need not in _names(self.text)]:
            yield PlaceholderMissing(missing=", ".join(missing))


def _faults(line: str, *, part: str, number: int, known: Iterable[str]) -> Iterator[Refusal]:
    for piece in _PIECES.finditer(line):
        name = piece["placeholder"]
        if piece["stray"]:
            yield StrayBrace(part=part, line=number, brace=piece["stray"], example="{name}")
        elif name is not None and name.strip() not in known:
            listed = ", ".join(f"{{{each}}}" for each in known)
            yield UnknownPlaceholder(part=part, line=number, placeholder=piece[0], known=listed)


def _names(words: str) -> list[str]:
    found = (piece["placeholder"] for piece in _PIECES.finditer(words))
    return [name.strip() for name in found if name is not None]


def _filled(line: str, facts: Mapping[str, str], quote: Callable[[str], str]) -> str:
    return "".join(
        quote({"{{": "{", "}}": "}"}.get(piece[0], piece[0]))
        if piece["placeholder"] is None
        else facts[piece["placeholder"].strip()]
        for piece in _PIECES.finditer(line)
    )


def _tidied(typed: str, *, longest: int) -> str:
    """In NFC, with line feeds alone and no spaces at the ends of lines; empty where it isn't fit to keep."""
    lines = typed.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    text = unicodedata.normalize("NFC", "\n".join(line.rstrip() for line in lines)).strip("\n")
    unfit = any(line.strip() and tidied(line, longest=longest) is None for line in text.split("\n"))
    return "" if unfit or len(text) > longest else text
