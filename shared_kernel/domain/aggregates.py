"""The base of every aggregate: identity, a version, and the events recorded since it was loaded."""

from collections.abc import Sequence
from uuid import UUID

from shared_kernel.domain.errors import PreconditionFailed
from shared_kernel.domain.events import DomainEvent, Recorded


class Aggregate:
    """A consistency boundary. It changes only through its own methods, each of which records an event.

    `version` counts the events ever recorded, so (id, version) names one state change and no two
    transactions can both make it: the repository writes only over the version that was loaded.
    """

    def __init__(self, *, id: UUID, version: int = 0) -> None:
        self.id = id
        self.version = version
        self._recorded: list[Recorded] = []

    @property
    def loaded_version(self) -> int:
        """The version that storage holds; 0 for an aggregate that was never stored."""
        return self.version - len(self._recorded)

    @property
    def has_changed(self) -> bool:
        """Whether there is anything to store: no event, no write."""
        return bool(self._recorded)

    @property
    def recorded(self) -> Sequence[Recorded]:
        """The events since it was loaded, oldest first."""
        return self._recorded

    def require_version(self, seen: int | None) -> None:
        """Go on only if storage still holds the version that the asker has seen; None asks for nothing.

        Raises PreconditionFailed.
        """
        if seen is not None and seen != self.loaded_version:
            raise PreconditionFailed(version=self.loaded_version)

    def _record(self, event: DomainEvent) -> None:
        self.version += 1
        self._recorded.append(Recorded(event, self.version))

    def pull_events(self) -> list[Recorded]:
        """Hand over the recorded events, oldest first, and forget them."""
        recorded, self._recorded = self._recorded, []
        return recorded
