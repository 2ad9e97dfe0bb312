"""The ids that audit entries have for what they concern, as the database sees them."""

from typing import Any, Final

from django.db.models import F, Func, Q, TextField
from django.db.models.indexes import Index
from django.db.models.lookups import IsNull
from django.db.models.sql.compiler import SQLCompiler

#: Kinds of things by which entries are looked up: each has an index.
LOOKED_UP: Final = ("copy", "loan", "patron")

_Sql = tuple[str, Any]  # as Django's compilers answer


class SubjectId(Func):
    """The id of the thing of one kind that an audit entry concerns; null where it concerns none.

    The kind stands in the SQL as it is, not as a parameter: only so does the index serve. It is ours, never
    a visitor's.
    """

    template = "(%(expressions)s ->> '%(kind)s')"
    output_field = TextField()

    def __init__(self, expression: str = "subjects", *, kind: str) -> None:
        super().__init__(expression, kind=kind)

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **more: Any) -> _Sql:  # Django's own
        """Spelt so that older ones understand it."""
        template = "JSON_EXTRACT(%(expressions)s, '$.%(kind)s')"
        return self.as_sql(compiler, connection, template=template, **more)


def by_subject(kind: str) -> Index:
    """An index of the audit entries about things of this kind, each thing's in the order of time."""
    return Index(
        SubjectId(kind=kind),
        F("at"),
        F("id"),
        condition=Q(IsNull(SubjectId(kind=kind), False)),
        name=f"kernel_audit_by_{kind}",
    )
