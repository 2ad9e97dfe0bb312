"""How a price stands in a row."""

from shared_kernel.domain.money import Money


def stored_price(minor: int | None, currency: str) -> Money | None:
    """The price that a row's two columns make; none where nobody has said."""
    return None if minor is None else Money.from_minor(minor, currency)
