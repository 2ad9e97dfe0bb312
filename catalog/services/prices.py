"""How a price stands in a row."""

from shared_kernel.domain.money import Money


def stored_price(minor: int | None, currency: str) -> Money | None:
    """The price in a row's two columns; None if it is unknown."""
    return None if minor is None else Money.from_minor(minor, currency)
