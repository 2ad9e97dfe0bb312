"""Get one Copy by its barcode."""

from dataclasses import dataclass

from catalog.domain.barcode import Barcode, InvalidBarcode
from catalog.domain.copy import CopyNotFound
from catalog.models import CopyRow
from catalog.services.copy_details import CopyDetails
from catalog.services.ports import CirculationFacts
from catalog.services.read_models import COPY, copy_details
from shared_kernel.services.bus import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCopy(Query[CopyDetails]):
    """The Copy under a barcode."""

    refusals = (CopyNotFound,)

    barcode: str


def get_copy(query: GetCopy, *, circulation: CirculationFacts) -> CopyDetails:
    """The Copy as it is now. Raises CopyNotFound, also for what can't be a barcode."""
    try:
        barcode = Barcode(query.barcode).text
    except InvalidBarcode:
        raise CopyNotFound from None
    found = copy_details(list(CopyRow.objects.filter(barcode=barcode).values(*COPY)), circulation)
    if not found:
        raise CopyNotFound
    return found[0]
