"""Redacts free text: when a person is erased, their name is removed from every text that staff typed.

A model says in `free_text` which of its columns staff write sentences into. They may name anybody there,
whoever the row is about. In `kept_record` it names a column with a record of a file, as it was sent.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final, Self

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import models
from django.db.models import Q

from shared_kernel.domain.text import fold

#: Replaces a redacted word.
REDACTION_MARK: Final = "…"
#: Shorter words of a name are often ordinary words; on their own they identify nobody.
_SHORTEST_WORD = 4
_BATCH = 500
#: How staff write a date.
_DATE_SPELLINGS: Final = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Whom a text may name: by the whole name, by one longer word of it, by address or by card number.

    `dates` are spellings of the date of birth. Alone they identify nobody, but they are redacted.
    """

    name: str
    exact: Sequence[str] = field(default=())
    dates: Sequence[str] = field(default=())

    @classmethod
    def of(cls, *, name: str, email: str, card_number: str, birth_date: date | None = None) -> Self:
        """That of a person."""
        dates = [birth_date.strftime(spelling) for spelling in _DATE_SPELLINGS] if birth_date else ()
        return cls(name=name, exact=(email, card_number), dates=dates)

    @cached_property
    def _name(self) -> list[str]:
        return [fold(word) for word in _WORD.findall(self.name)]

    @cached_property
    def _telling(self) -> frozenset[str]:
        return frozenset(word for word in self._name if len(word) >= _SHORTEST_WORD)

    def mentions_in(self, text: str) -> list[str]:
        """The passages of the text, as they are spelt there, that name this person; the longest first."""
        exact = (*self.exact, *self.dates)
        found = [match.group() for each in exact for match in _exactly(each).finditer(text)]
        words = list(_WORD.finditer(text))
        folded = [fold(word.group()) for word in words]
        for name in (self._name, [*self._name[-1:], *self._name[:-1]]):
            last = len(name) - 1
            found += [
                text[words[place].start() : words[place + last].end()]
                for place in range(len(folded) - last)
                if name and folded[place : place + last + 1] == name
            ]
        found += [word.group() for word, plain in zip(words, folded, strict=True) if plain in self._telling]
        return sorted(set(found), key=len, reverse=True)

    def is_identified_in(self, text: str) -> bool:
        """Whether the text has the whole name, the address or the card number."""
        exactly = any(_exactly(each).search(text) for each in self.exact)
        plain = f" {' '.join(fold(word) for word in _WORD.findall(text))} "
        return exactly or (bool(self._name) and f" {' '.join(self._name)} " in plain)


def redact(text: str, passages: Sequence[str]) -> str:
    """The text without these passages."""
    for passage in passages:
        text = text.replace(passage, REDACTION_MARK)
    return text


def redact_person(identity: Identity) -> None:
    """Redact the person in every column of free text, and delete stored records of files that name them."""
    for model, columns in free_text_columns().items():
        _strike_rows(model, columns, identity)
    for model in apps.get_models():
        if hasattr(model, "kept_record"):
            _delete_naming(model, model.kept_record, identity)


def free_text_columns() -> dict[type[models.Model], tuple[str, ...]]:
    """The columns of free text by model. Django's own log of the administration is among them."""
    declared = {
        model: model.free_text
        for model in apps.get_models()
        if hasattr(model, "free_text") and not model._meta.proxy
    }
    return {**declared, LogEntry: ("object_repr", "change_message")}


def _exactly(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)", re.IGNORECASE)


def _delete_naming(model: type[models.Model], column: str, identity: Identity) -> None:
    records = model._default_manager.order_by("pk").values_list("pk", column)
    naming = [
        pk
        for pk, octets in records.iterator(chunk_size=100)
        if identity.is_identified_in(bytes(octets).decode(errors="replace"))
    ]
    model._default_manager.filter(pk__in=naming).delete()


def _strike_rows(model: type[models.Model], columns: Sequence[str], identity: Identity) -> None:
    for row in _rows_with_text(model, columns):
        mended = {name: _mended(row[name], identity) for name in columns}
        if any(mended[name] != row[name] for name in columns):
            model._default_manager.filter(pk=row["pk"]).update(**mended)


def _rows_with_text(model: type[models.Model], columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    some = Q()
    for name in columns:
        some |= ~Q(**{name: [] if isinstance(model._meta.get_field(name), models.JSONField) else ""})
    rows = model._default_manager.filter(some).order_by("pk").values("pk", *columns)
    batch = list(rows[:_BATCH])
    while batch:
        yield from batch
        batch = list(rows.filter(pk__gt=batch[-1]["pk"])[:_BATCH])


def _mended(value: Any, identity: Identity) -> Any:  # a text, or JSON of any shape
    if isinstance(value, str):
        return redact(value, identity.mentions_in(value))
    if isinstance(value, list):
        return [_mended(each, identity) for each in value]
    if isinstance(value, dict):
        return {key: each if _is_date(each) else _mended(each, identity) for key, each in value.items()}
    return value


def _is_date(value: object) -> bool:
    """Whether it is a field of its own, such as a block's last day, and no sentence."""
    return isinstance(value, str) and _ISO_DATE.fullmatch(value) is not None
