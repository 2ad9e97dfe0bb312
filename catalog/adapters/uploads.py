"""Uploaded files, kept in the database until their import has finished."""

from uuid import UUID

from catalog.models import ImportPartRow
from catalog.services.imports.records import Readable


class DjangoUploads:
    """The files of imports that were uploaded."""

    def open(self, import_id: UUID) -> Readable:
        """The file of this import, from its beginning."""
        return StoredFile(import_id)


class StoredFile:
    """An uploaded file, read from the database part by part."""

    def __init__(self, import_id: UUID) -> None:
        self._import_id = import_id
        self._number = 0
        self._piece = b""

    def read(self, size: int, /) -> bytes:
        """Up to this many bytes; none at the end of the file."""
        if not self._piece:
            parts = ImportPartRow.objects.filter(owner_id=self._import_id, number=self._number)
            self._piece = bytes(parts.values_list("content", flat=True).first() or b"")
            self._number += 1
        taken, self._piece = self._piece[:size], self._piece[size:]
        return taken
