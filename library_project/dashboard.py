"""The first page of the administration: what each role needs to know first."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from catalog.services.queries.dashboard_stats import CollectionStats
from lending.services.queries.dashboard_stats import CirculationStats, CirculationSummary, DailyCount
from outbox.status import outbox_lag, quarantine_counts
from patrons.bootstrap import mailer
from patrons.services.backlog import notice_backlog
from shared_kernel.resilience.registry import all_breakers
from shared_kernel.services.queries import ask
from shared_kernel.web.access import principal

Context = dict[str, Any]  # a template's


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A number with its name, and a link to the details. `alarming` if somebody should act."""

    name: str
    number: int
    address: str
    alarming: bool = False


def dashboard(request: HttpRequest, context: Context) -> Context:
    """Add the numbers, charts and shortcuts that the login may see."""
    may = principal(request).may
    cards: list[Card] = []
    added: Context = {"shortcuts": list(_shortcuts(request)), "cards": cards}
    if may("circulation:read"):
        figures = ask(CirculationStats())
        cards += _of_circulation(figures)
        added["charts"] = [
            _chart("Loans per day, last four weeks", figures.lent),
            _chart("Loans due per day, next two weeks", figures.due),
        ]
    if may("catalog:read"):
        collection = ask(CollectionStats())
        added["most_borrowed"] = collection.most_borrowed
        cards.append(
            Card(
                name="Imports in progress",
                number=collection.imports_going_on,
                address=reverse("admin:catalog_importrow_changelist"),
            )
        )
    if may("operations"):
        cards += _of_operations()
    return context | added


def _shortcuts(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """The most frequent tasks, with their addresses."""
    shortcuts = (
        ("circulation:write", "Lend and return", "desk"),
        ("patrons:write", "Register a patron", "admin:patrons_patronrow_add"),
        ("catalog:write", "Add a book", "admin:catalog_bookrow_add"),
        ("catalog:write", "Add a copy", "admin:catalog_copyrow_add"),
        ("catalog:write", "Import a file", "admin:catalog_importrow_add"),
    )
    return ((name, reverse(view)) for scope, name, view in shortcuts if principal(request).may(scope))


def _of_circulation(figures: CirculationSummary) -> list[Card]:
    loans, holds = (reverse(f"admin:lending_{row}row_changelist") for row in ("loan", "hold"))
    return [
        Card(name="Open loans", number=figures.open_loans, address=f"{loans}?state__exact=open"),
        Card(name="Overdue", number=figures.overdue, address=f"{loans}?overdue=yes"),
        Card(
            name="To fetch from the shelves",
            number=figures.to_fetch,
            address=f"{holds}?state__exact=allocated",
        ),
        Card(name="On the hold shelf", number=figures.ready, address=f"{holds}?state__exact=ready"),
    ]


def _of_operations() -> list[Card]:
    pending, _age = outbox_lag()
    stuck = sum(quarantine_counts().values())
    notices = notice_backlog(at=timezone.now(), setting=mailer().setting).counts
    broken = sum(breaker.state == "open" for breaker in all_breakers())
    at = reverse("admin:patrons_noticerow_changelist")
    return [
        Card(
            name="Unpublished events",
            number=pending,
            address=reverse("admin:outbox_outboxmessage_changelist"),
        ),
        Card(
            name="Events in quarantine",
            number=stuck,
            address=f"{reverse('admin:outbox_quarantinedmessage_changelist')}?replayed_at__isempty=1",
            alarming=stuck > 0,
        ),
        Card(
            name="Open circuit breakers",
            number=broken,
            address=reverse("admin:shared_kernel_breaker_changelist"),
            alarming=broken > 0,
        ),
        *(
            Card(
                name=f"Notices {state}",
                number=notices[state],
                address=f"{at}?state__exact={state}",
                alarming=notices[state] > 0,
            )
            for state in ("failed", "ambiguous")
        ),
    ]


def _chart(name: str, figures: Sequence[DailyCount]) -> Context:
    """A chart for unfold, and the same numbers for screen readers."""
    bars = {
        "label": name,
        "data": [each.count for each in figures],
        "backgroundColor": "var(--color-primary-600)",
    }
    labels = [f"{each.on:%d %b}" for each in figures]
    return {
        "name": name,
        "total": sum(each.count for each in figures),
        "days": figures,
        "drawn": json.dumps({"labels": labels, "datasets": [bars]}),
    }
