"""What is lent to whom; it knows nothing of Django, so that any process can import it."""

from typing import NamedTuple
from uuid import UUID


class Lending(NamedTuple):
    """A copy and its borrower, by scanned codes and by ids."""

    barcode: str
    card: str
    copy: UUID
    book: UUID
    patron: UUID
    title: str
    terms: str
