"""Each constraint of our tables is in force: a row that breaks it is refused even past the domain."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from outbox.constraints import broken_constraint
from tests.integration.constraints.catalog import CATALOG
from tests.integration.constraints.elsewhere import KERNEL, OUTBOX, PATRONS
from tests.integration.constraints.lending import LENDING
from tests.integration.constraints.rows import Example, a_row

pytestmark = pytest.mark.django_db

#: By the constraint's name, or by "table.column" where one column is unique without a name.
EXAMPLES: dict[str, Example] = {**CATALOG, **LENDING, **PATRONS, **OUTBOX, **KERNEL}

#: What no row of one table can break: where each foreign key points, as "table.column": "table".
FOREIGN_KEYS = {
    "catalog_copyrow.book_id": "catalog_bookrow",
    "catalog_importedbookrow.owner_id": "catalog_importrow",
    "catalog_importpartrow.owner_id": "catalog_importrow",
    "catalog_importremarkrow.owner_id": "catalog_importrow",
    "catalog_isbnrow.book_id": "catalog_bookrow",
    "catalog_rejectedrecordrow.owner_id": "catalog_importrow",
    "catalog_sourcerecordrow.book_id": "catalog_bookrow",
    "lending_closure.branch_id": "lending_branch",
    "lending_ledger_entry.account_id": "lending_account",
    "patrons_patronrow.category_id": "patrons_categoryrow",
    "patrons_patronrow.login_id": "auth_user",
}


def our_models() -> Iterator[type[models.Model]]:
    for label in ("catalog", "lending", "patrons", "outbox", "shared_kernel"):
        for model in apps.get_app_config(label).get_models():
            if not model._meta.proxy:
                yield model


def in_the_models() -> Iterator[str]:
    for model in our_models():
        yield from (constraint.name for constraint in model._meta.constraints)
        for field in model._meta.concrete_fields:
            if field.unique and not field.primary_key:
                yield f"{model._meta.db_table}.{field.column}"


def in_the_database() -> Iterator[str]:
    """As SQLite and PostgreSQL know them, without primary keys and what Django checks by a column's type."""
    for table in (model._meta.db_table for model in our_models()):
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, table)
        named = {name for name in EXAMPLES if "." not in name}
        for name, each in found.items():
            by_type = name.startswith("__unnamed") or (name not in named and name.endswith("_check"))
            if each["unique"] and not each["primary_key"]:
                yield name if name in named else f"{table}.{','.join(each['columns'])}"
            elif each["check"] and not by_type:
                yield name


def foreign_keys_in_the_database() -> Iterator[tuple[str, str]]:
    for table in (model._meta.db_table for model in our_models()):
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, table)
        for each in found.values():
            if each["foreign_key"]:
                yield f"{table}.{','.join(each['columns'])}", each["foreign_key"][0]


class TestAllConstraints:
    def test_have_rows_that_break_them(self) -> None:
        assert sorted(in_the_models()) == sorted(EXAMPLES)

    def test_are_in_the_database(self) -> None:
        assert sorted(in_the_database()) == sorted(EXAMPLES)

    def test_between_tables_are_in_the_database(self) -> None:
        assert dict(foreign_keys_in_the_database()) == FOREIGN_KEYS


class TestAConstraint:
    @pytest.mark.parametrize("name", EXAMPLES)
    def test_refuses_the_rows_that_break_it_and_no_others(self, name: str) -> None:
        example = EXAMPLES[name]
        with transaction.atomic():
            for values in example.passes:
                a_row(example.model, **example.valid | values).save(force_insert=True)
            for values in example.breaks:
                assert broken_by(a_row(example.model, **example.valid | values)) == name, values
            transaction.set_rollback(True)  # the rows refer to others that are not there


def broken_by(row: models.Model) -> str | None:
    """The constraint that refuses the row, by its name in EXAMPLES; None where the row is taken."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        name = broken_constraint(error, type(row))
        if name in EXAMPLES:
            return name
        # SQLite says "table.column", PostgreSQL "(column)=(value)"
        unnamed = (key for key in EXAMPLES if key.startswith(f"{row._meta.db_table}."))
        return next(
            (key for key in unnamed if key in str(error) or f"({key.split('.')[1]})" in str(error)), name
        )
    return None
