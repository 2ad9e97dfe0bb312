"""Searches that stay as fast in a library of a million books, and soon after a large import.

A beginning of a word is looked for as the words of the catalogue that begin with it, so it has to know all of
them, those with digits too. PostgreSQL keeps what was added to the index in a list at first, through which each
search has to go: it is to be short.
"""

from itertools import groupby

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_TOGETHER = 2000


def learn(apps: StateApps, _editor: BaseDatabaseSchemaEditor | None) -> None:
    books, known = apps.get_model("catalog", "BookRow"), apps.get_model("catalog", "WordRow")
    learnt = set(known.objects.values_list("word", flat=True).iterator())
    new: set[str] = set()
    for text in books.objects.order_by().values_list("search_text", flat=True).iterator(_TOGETHER):
        new |= {word for word in text.split() if word not in learnt and _is_to_be_known(word)}
    known.objects.bulk_create(
        (
            known(word=word, length=len(word), reversed=word[::-1], skeleton=_skeleton(word))
            for word in sorted(new)
        ),
        batch_size=_TOGETHER,
        ignore_conflicts=True,
    )


def _is_to_be_known(word: str) -> bool:
    return len(word) > 2 and word[0] != "_" and not any(char.isdigit() for char in word[:3])


def _skeleton(word: str) -> str:
    return "".join(letter for letter, _ in groupby(word) if letter not in "aeiouy")


def _shorten(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER INDEX catalog_book_by_word SET (gin_pending_list_limit = 64)")  # kB, the least


def _lengthen(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER INDEX catalog_book_by_word RESET (gin_pending_list_limit)")


class Migration(migrations.Migration):

    dependencies = [("catalog", "0006_rejected_records")]

    operations = [
        migrations.RunPython(learn, migrations.RunPython.noop),
        migrations.RunPython(_shorten, _lengthen),
    ]
