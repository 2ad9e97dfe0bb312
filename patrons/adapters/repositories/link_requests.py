"""Requests for links to set a password, in Django's database."""

from datetime import datetime

from patrons.models import LinkRequestRow


class DjangoLinkRequests:
    """A row for each request, until the worker has looked into it."""

    def add(self, to: str, *, at: datetime) -> None:
        """Keep a request by a normalised address or card number."""
        LinkRequestRow.objects.create(to=to, asked_at=at)

    def take(self) -> str | None:
        """The longest waiting request that nobody else is taking, which is gone then; None for none."""
        row = LinkRequestRow.objects.select_for_update(skip_locked=True).order_by("id").first()
        if row is None:
            return None
        row.delete()
        return row.to
