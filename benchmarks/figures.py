"""Measured figures and their goals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.rounds import Samples, Spread, as_json, ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A row of the table. `goal` is the aim, `limit` what a release must not miss; both are optional.

    Without a unit it is a ratio, usually of our rate to the reference's. `client_cpu` is the processor time
    of the measuring process, in seconds per operation. The gate judges those that are `in_gate`.
    """

    what: str
    against: str
    spread: Spread
    goal: float | None = None
    limit: float | None = None
    unit: str = ""
    less_is_better: bool = False
    client_cpu: float | None = None
    in_gate: bool = False
    samples: Mapping[str, Sequence[Any]] = field(default_factory=dict)  # samples of any kind

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Figure":
        """The figure of a stored result."""
        return cls(**{**stored, "spread": Spread(**stored["spread"])})

    @property
    def is_within_limit(self) -> bool:
        """Whether the limit, if any, is kept."""
        if self.limit is None:
            return True
        measured = self.spread.median
        return measured <= self.limit if self.less_is_better else measured >= self.limit


def ratio_figure(
    samples: Samples,
    *,
    ours: str,
    reference: str,
    what: str,
    against: str,
    goal: float | None = None,
    limit: float | None = None,
) -> Figure:
    """The figure of a ratio between two variants."""
    cpu = [each.client_cpu / each.operations for each in samples[ours]]
    return Figure(
        what=what,
        against=against,
        spread=ratio(samples, ours, reference),
        goal=goal,
        limit=limit,
        client_cpu=Spread.of(cpu).median,
        samples=as_json({name: samples[name] for name in (ours, reference)}),
    )


def cpu_figure(
    samples: Samples, *, ours: str, reference: str, what: str, against: str, limit: float
) -> Figure:
    """The processor time of an operation, as a multiple of the reference's.

    A slow disk or other work on the machine lengthens an operation, and that of the reference by another
    factor, but hardly changes this ratio. So the gate can judge it anywhere.
    """
    pairs = zip(samples[ours], samples[reference], strict=True)
    return Figure(
        what=f"{what}: processor time",
        against=against,
        spread=Spread.of([mine.cpu / theirs.cpu for mine, theirs in pairs]),
        limit=limit,
        less_is_better=True,
        in_gate=True,
        samples=as_json({name: samples[name] for name in (ours, reference)}),
    )
