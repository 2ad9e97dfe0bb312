"""Add a Copy of a Book."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from catalog.domain.barcode import Barcode, InvalidBarcode
from catalog.domain.book import BookNotFound
from catalog.domain.copy import Copy, DuplicateBarcode, InvalidItemType, InvalidPrice, ItemType, UnknownBranch
from catalog.services.copy_details import CopyDetails
from catalog.services.ports import CatalogWork, CirculationFacts
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import Refusal, Refused
from shared_kernel.domain.money import InvalidMoney, Money
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects

DEFAULT_ITEM_TYPE = "book"
DEFAULT_BRANCH = "MAIN"
_LONGEST_CODE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCopy(Command[CopyDetails]):
    """Add a Copy of a Book. Without a barcode one is generated; `price` is the replacement price."""

    refusals = (
        BookNotFound,
        InvalidBarcode,
        InvalidItemType,
        UnknownBranch,
        InvalidMoney,
        InvalidPrice,
        DuplicateBarcode,
    )

    book: UUID
    barcode: str | None = None
    item_type: str = DEFAULT_ITEM_TYPE
    branch: str = DEFAULT_BRANCH
    price: Money | None = None


def add_copy(
    command: AddCopy, work: CatalogWork, *, clock: Clock, circulation: CirculationFacts
) -> CopyDetails:
    """Add it. Raises BookNotFound; refused with every value that is wrong, or with DuplicateBarcode."""
    bind_audit_subjects(book=command.book)
    book = work.books.get(command.book, lock=True)
    _refuse_unreadable(command, circulation)
    copy = Copy.add(
        id=uuid4(),
        book_id=book.id,
        barcode=None if command.barcode is None else Barcode(command.barcode),
        item_type=ItemType(command.item_type),
        branch=command.branch,
        price=command.price,
        at=clock.now(),
    )
    bind_audit_subjects(copy=copy.id)
    work.copies.add(copy)
    return CopyDetails.of(copy)


def _refuse_unreadable(command: AddCopy, circulation: CirculationFacts) -> None:
    barcode = command.barcode
    checks: list[Callable[[], object]] = [
        lambda: barcode is None or Barcode(barcode),
        lambda: ItemType(command.item_type),
        lambda: _known_branch(command.branch, circulation),
    ]
    refusals: list[Refusal] = []
    for check in checks:
        try:
            check()
        except Refused as refused:
            refusals += refused.refusals
    if refusals:
        raise Refused(*refusals)


def _known_branch(code: str, circulation: CirculationFacts) -> str:
    fits = len(code) <= _LONGEST_CODE and code.isascii() and code.isprintable()
    if not (fits and circulation.knows_branch(code)):
        raise UnknownBranch(branch=code)
    return code
