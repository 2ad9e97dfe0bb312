"""Reports as bar charts, for the chart library and in words."""

import json
from collections.abc import Mapping
from typing import Any, Final

from lending.services.reports.definition import Chart

Context = dict[str, Any]  # a template's
#: Used in turn; a chart with more series starts again from the first.
_COLOURS: Final = ("#2f6fb0", "#c2641d", "#3f8f5f", "#8a5bb0", "#b0394f", "#6f7a86")
_GREY: Final = "#8b93a1"
_LABEL_AXIS: Final[Mapping[str, Any]] = {
    "stacked": True,
    "grid": {"display": False},
    "ticks": {"color": _GREY, "autoSkip": False},
}
_NUMBER_AXIS: Final[Mapping[str, Any]] = {
    "stacked": True,
    "grid": {"display": True},
    "beginAtZero": True,
    "ticks": {"color": _GREY, "precision": 0},
}
#: Longer labels don't fit below a bar: the bars become horizontal.
_LONGEST_LABEL: Final = 12


def chart_context(chart: Chart) -> Context:
    """The chart, as the template needs it."""
    return {
        "chart": chart,
        "chart_in_words": _in_words(chart),
        "chart_data": json.dumps(_data(chart)),
        "chart_options": json.dumps(_options(chart)),
        "chart_height": 80 + 24 * len(chart.labels) if _is_horizontal(chart) else 320,
    }


def _in_words(chart: Chart) -> list[str]:
    """For screen readers."""
    return [
        f"{label}: " + ", ".join(f"{numbers[place]} {name}" for name, numbers in chart.series.items())
        for place, label in enumerate(chart.labels)
    ]


def _data(chart: Chart) -> Context:
    return {
        "labels": list(chart.labels),
        "datasets": [
            {"label": name, "data": list(numbers), "backgroundColor": _COLOURS[place % len(_COLOURS)]}
            for place, (name, numbers) in enumerate(chart.series.items())
        ],
    }


def _options(chart: Chart) -> Context:
    horizontal = _is_horizontal(chart)
    scales = {"x": _NUMBER_AXIS, "y": _LABEL_AXIS} if horizontal else {"x": _LABEL_AXIS, "y": _NUMBER_AXIS}
    return {
        "responsive": True,
        "maintainAspectRatio": False,
        "indexAxis": "y" if horizontal else "x",
        "animation": False,
        "scales": scales,
        "plugins": {"legend": {"display": len(chart.series) > 1, "align": "end"}},
    }


def _is_horizontal(chart: Chart) -> bool:
    return any(len(label) > _LONGEST_LABEL for label in chart.labels)
