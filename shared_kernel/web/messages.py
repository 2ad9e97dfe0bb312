"""What a page says of what was just done, until the next page shows it."""

from typing import Any

from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.fallback import FallbackStorage


class UniqueMessageStorage(FallbackStorage):
    """Keeps equal messages once: a form that is sent twice is answered twice, and only the last is shown."""

    def _store(
        self,
        messages: list[Message],
        response: Any,  # Django's own signature
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        different: list[Message] = []
        for message in messages:
            if message not in different:  # messages can be compared, but not hashed
                different.append(message)
        return super()._store(different, response, *args, **kwargs)  # type: ignore[misc]  # unknown to the stubs
