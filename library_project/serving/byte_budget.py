"""How much of memory and disk a process lends to requests and answers that are under way."""

from threading import Condition


class ByteBudget:
    """So many bytes in all, taken and given back in parts. For several threads."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._changed = Condition()

    def take(self, size: int, *, patience: float = 0) -> bool:
        """Take this many bytes, if need be after waiting some seconds for others to give theirs back."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._left >= size, timeout=patience):
                return False
            self._left -= size
            return True

    def give_back(self, size: int) -> None:
        """Return what was taken."""
        with self._changed:
            self._left += size
            self._changed.notify_all()
