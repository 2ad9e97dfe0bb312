"""What each database needs to find books by their words and to sort titles alike.

The words are folded before they are stored (`BookRow.search_text`), so both databases index the very same
ones: PostgreSQL in a generated tsvector, SQLite in a full-text table that the repository writes.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_FORWARD = {
    "postgresql": (
        'ALTER TABLE catalog_bookrow ALTER COLUMN sort_key TYPE varchar(200) COLLATE "C"',
        "ALTER TABLE catalog_bookrow ADD COLUMN search_words tsvector"
        " GENERATED ALWAYS AS (array_to_tsvector(string_to_array(search_text, ' '))) STORED",
        "CREATE INDEX catalog_book_by_word ON catalog_bookrow USING gin (search_words)",
    ),
    # A row is found by its book's id as by any other word: a full-text table has no index besides its words.
    "sqlite": (
        "CREATE VIRTUAL TABLE catalog_booksearch USING fts5(book, words, tokenize=\"ascii tokenchars '_'\")",
    ),
}
_BACKWARD = {
    "postgresql": ("ALTER TABLE catalog_bookrow DROP COLUMN search_words",),
    "sqlite": ("DROP TABLE catalog_booksearch",),
}


def _add(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _FORWARD[editor.connection.vendor]:
        editor.execute(statement)


def _drop(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _BACKWARD[editor.connection.vendor]:
        editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = (("catalog", "0001_initial"),)
    operations = (migrations.RunPython(_add, _drop),)
