"""What remembers a person outside patrons' own tables, and how it forgets."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from patrons.adapters.files import letter_file
from patrons.domain.patron import Patron
from patrons.models import PatronRow
from shared_kernel.services.audit import entries_about
from shared_kernel.services.codec import to_json
from shared_kernel.services.idempotency import forget_answers


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTraces:
    """Traces in the database, and letters that were written into the folder `letters`."""

    letters: Callable[[], Path]

    def wipe(self, patron: Patron, *, notices: Collection[UUID]) -> None:
        """Forget what tells who this patron was. `notices` are the ids of those they got.

        The audit keeps what was done, but not what people wrote about it. Files go before the commit: should
        that fail, letters that were delivered long ago are missing, and nothing else.
        """
        forget_answers(containing=to_json({"card_number": str(patron.card_number)})[1:-1])
        entries_about(kind="patron", id=patron.id).exclude(comment="").update(comment="")
        logged = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(PatronRow))
        logged.filter(object_id=str(patron.id)).update(object_repr=str(patron.id), change_message="")
        for notice in notices:
            letter_file(self.letters(), notice).unlink(missing_ok=True)
