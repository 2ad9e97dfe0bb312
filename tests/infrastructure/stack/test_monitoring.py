"""Alerts and dashboard ask for metrics that there are, and the manual explains each alert."""

import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client

from tests.services.directory import ROOT

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "library.json"
MANUAL = ROOT / "docs" / "operations.md"
METRIC = re.compile(r"\blibrary_[a-z_]+")


def rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(ALERTS.read_text())["groups"]
    return list(group["rules"])


def panels() -> list[dict[str, Any]]:
    return list(json.loads(DASHBOARD.read_text())["panels"])


def asked_for(*expressions: str) -> set[str]:
    """The library's metrics in these expressions."""
    names = {name for expression in expressions for name in METRIC.findall(expression)}
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}


def exported() -> set[str]:
    """Every metric that there is, whether or not it has a value yet."""
    looked_up = METRIC.findall(Client().get("/metrics").content.decode())
    defined = chain.from_iterable(file.read_text().splitlines() for file in sources())
    counted = [name for line in defined for name in re.findall(r'^ +"(library_[a-z_]+)",$', line)]
    return {*looked_up, *counted, *(f"{name}_total" for name in counted)}


def sources() -> Iterator[Path]:
    for folder in ("shared_kernel", "outbox", "patrons"):
        yield from (ROOT / folder).rglob("*.py")


@pytest.mark.django_db
class TestTheAlerts:
    def test_ask_for_metrics_that_there_are(self) -> None:
        assert asked_for(*(rule["expr"] for rule in rules())) <= exported()

    def test_are_each_explained_in_the_manual(self) -> None:
        explained = re.findall(r"^\| `(Library\w+)` \|", MANUAL.read_text(), re.MULTILINE)
        assert explained == [rule["alert"] for rule in rules()]

    def test_tell_how_bad_it_is_and_what_it_is(self) -> None:
        for rule in rules():
            assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
            assert rule["labels"]["severity"] in {"page", "ticket"}
            assert rule["annotations"]["summary"]


@pytest.mark.django_db
class TestTheDashboard:
    def test_asks_for_metrics_that_there_are(self) -> None:
        targets = chain.from_iterable(panel.get("targets", []) for panel in panels())
        asked = asked_for(*(target["expr"] for target in targets))
        assert len(asked) > 10
        assert asked <= exported()

    def test_has_no_two_panels_in_one_place(self) -> None:
        places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()]
        assert len(set(places)) == len(places)
        assert len({panel["id"] for panel in panels()}) == len(places)
