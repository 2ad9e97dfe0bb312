"""What there is of a Book, for the answer of a command that has just changed it."""

from uuid import UUID

from catalog.domain.copy import Condition
from catalog.services.book_details import Availability
from catalog.services.ports import CatalogWork, CirculationFacts


def availability_of(book: UUID, work: CatalogWork, circulation: CirculationFacts) -> Availability:
    """The Copies of the Book by what can be done with them."""
    copies = [copy for copy in work.copies.of_book(book) if copy.condition is not Condition.WITHDRAWN]
    lendable = [copy.id for copy in copies if copy.condition is Condition.IN_SERVICE]
    return Availability(
        copies=len(copies),
        lendable=len(lendable),
        available=len(lendable) - len(circulation.states_of(lendable)),
        holds_waiting=circulation.holds_waiting([book]).get(book, 0),
    )
