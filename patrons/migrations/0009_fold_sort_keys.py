"""Fold stored names as the catalogue folds its words: “Sørensen” is sorted and found as “sorensen”.

Runs in batches outside one long transaction. A name that the old code changes meanwhile is skipped.
"""

from typing import Any

from django.db import migrations

from shared_kernel.domain.text import fold

_BATCH = 1000
_LONGEST = 600


def fold_sort_keys(apps: Any, _schema_editor: Any) -> None:  # Django's own
    """Recompute the sort keys that differ, in the order of the ids."""
    patrons = apps.get_model("patrons", "PatronRow").objects
    last = None
    while True:
        rest = patrons.all() if last is None else patrons.filter(id__gt=last)
        batch = list(rest.order_by("id").values_list("id", "name", "sort_key")[:_BATCH])
        if not batch:
            return
        for id_, name, stored in batch:
            sort_key = " ".join(fold(name).split())[:_LONGEST]
            if sort_key != stored:
                patrons.filter(id=id_, name=name).update(sort_key=sort_key)
        last = batch[-1][0]


class Migration(migrations.Migration):
    atomic = False
    dependencies = (("patrons", "0008_birth_date"),)
    operations = (migrations.RunPython(fold_sort_keys, migrations.RunPython.noop, elidable=True),)
