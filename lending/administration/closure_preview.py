"""What closing a branch would move."""

from typing import Any
from zoneinfo import ZoneInfo

from lending.services.queries.calendars import GetBranch, PreviewClosure
from shared_kernel.services.queries import ask

Context = dict[str, Any]  # a template's


def preview_context(code: str, days: Context) -> Context:
    """The preview and examples of what would move, with dates in the branch's time zone. Raises Refused."""
    preview = ask(PreviewClosure(branch=code, first_on=days["first_on"], last_on=days["last_on"]))
    zone = ZoneInfo(ask(GetBranch(code=code)).time_zone)
    moved = [
        (f"Loan of {each.copy_barcode}", each.title, each.due_at, each.new_due_at)
        for each in preview.loan_examples
    ]
    moved += [
        ("Hold", each.title, each.pickup_deadline_at, each.new_pickup_deadline_at)
        for each in preview.hold_examples
    ]
    rows = [
        {
            "what": what,
            "title": title,
            "before": before.astimezone(zone).date(),
            "after": after.astimezone(zone).date(),
        }
        for what, title, before, after in moved
    ]
    return {"preview": preview, "moved": rows}
