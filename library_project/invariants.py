"""All that must be true of the stored data: what each context states, and that the database enforces it."""

from collections.abc import Sequence

from django.apps import apps
from django.db import connection

from catalog.adapters.invariants import index_invariants
from catalog.services import invariants as catalog
from lending.adapters.acl import CatalogCopies, PatronsAsBorrowers, UpstreamRows
from lending.adapters.unit_of_work import DjangoLendingWork
from lending.services.gateways import Gateways
from lending.services.invariants import accounts, holds, loans, rules, upstream
from outbox import invariants as outbox
from patrons.services import invariants as patrons
from shared_kernel.services.invariants import Invariant, Rows

_OURS = ("catalog", "patrons", "lending", "outbox", "shared_kernel")


def every_constraint_is_in_force() -> Rows:
    """Each constraint that a table of ours has is known to the database."""
    models = (model for label in _OURS for model in apps.get_app_config(label).get_models())
    with connection.cursor() as cursor:
        for model in models:
            table = model._meta.db_table
            known = connection.introspection.get_constraints(cursor, table) if not model._meta.proxy else {}
            for constraint in () if model._meta.proxy else model._meta.constraints:
                if constraint.name not in known:
                    yield {"table": table, "constraint": constraint.name}


def all_invariants() -> Sequence[Invariant]:
    """Every invariant of the library."""
    return [
        *outbox.invariants(),
        *catalog.invariants(),
        *index_invariants(),
        *patrons.invariants(),
        *loans.invariants(),
        *holds.invariants(),
        *accounts.invariants(),
        *rules.invariants(),
        *upstream.invariants(
            UpstreamRows(),
            DjangoLendingWork(),
            Gateways(patrons=PatronsAsBorrowers(), copies=CatalogCopies()),
        ),
        Invariant.of("library", every_constraint_is_in_force),
    ]
