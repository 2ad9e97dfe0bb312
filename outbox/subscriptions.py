"""The subscriptions: which context handles which event types (settings.LIBRARY_SUBSCRIPTIONS)."""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.utils.module_loading import import_string

from outbox.envelope import ReceivedEvent

#: Handles an event for one context, in the transaction that records it as received.
Subscriber = Callable[[ReceivedEvent], None]
#: By consuming context and by event type. A new version of a type is a new type: as long as both exist, both
#: are listed, the old one with a subscriber that upcasts the event first.
Subscriptions = Mapping[str, Mapping[str, Subscriber]]


def subscriptions() -> Subscriptions:
    """The subscriptions of this installation."""
    found: Subscriptions = import_string(settings.LIBRARY_SUBSCRIPTIONS)
    return found


def publishing_contexts(types: Mapping[str, Subscriber]) -> list[str]:
    """The contexts that these event types come from, sorted."""
    return sorted({type_.partition(".")[0] for type_ in types})


def without_version(type_: str) -> str:
    """`lending.book_borrowed` of `lending.book_borrowed.v1`."""
    return type_.rpartition(".")[0]
