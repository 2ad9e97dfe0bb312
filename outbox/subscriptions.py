"""Who listens to what, as the project's page of subscriptions (settings.LIBRARY_SUBSCRIPTIONS) says."""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.utils.module_loading import import_string

from outbox.envelope import ReceivedEvent

#: Does, for one context, what an event asks for. It runs in the transaction of the event's receipt.
Subscriber = Callable[[ReceivedEvent], None]
#: By listening context and by event type. A new version of a type is a new type: while both are about, both
#: are listed, the old one with a subscriber that first brings the event up to date.
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
