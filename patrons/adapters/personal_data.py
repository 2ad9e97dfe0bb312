"""Erases personal data that is kept outside patrons' own tables."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from patrons.adapters.files import letter_file
from patrons.domain.patron import Patron
from patrons.models import LinkRequestRow, PatronRow
from shared_kernel.services.audit import entries_about, erase_comments, redact_comments
from shared_kernel.services.codec import to_json
from shared_kernel.services.idempotency import erase_results_naming, erase_stored_results
from shared_kernel.services.redaction import Identity, redact_person


@dataclass(frozen=True, slots=True, kw_only=True)
class DjangoPersonalDataEraser:
    """Erases personal data in the database, and letters in files of the folder `letters`."""

    letters: Callable[[], Path]

    def erase(self, patron: Patron, *, notices: Collection[UUID]) -> None:
        """Erase what identifies this patron. `notices` are the ids of those they were sent.

        The audit keeps what was done, but not what people wrote about this patron, wherever they did. Files
        go before the commit: should that fail, letters that were delivered long ago are missing, no more.
        """
        identity = Identity.of(
            name=str(patron.name),
            email=str(patron.email),
            card_number=str(patron.card_number),
            birth_date=patron.birth_date,
        )
        erase_stored_results(containing=to_json({"card_number": str(patron.card_number)})[1:-1])
        erase_results_naming(identity)
        erase_comments(entries_about(kind="patron", id=patron.id))
        redact_comments(identity)
        redact_person(identity)
        logged = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(PatronRow))
        logged.filter(object_id=str(patron.id)).update(object_repr=str(patron.id), change_message="")
        LinkRequestRow.objects.filter(to__in=[str(patron.card_number), str(patron.email)]).delete()
        for notice in notices:
            letter_file(self.letters(), notice).unlink(missing_ok=True)
