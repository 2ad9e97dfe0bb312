"""What was measured, against what was promised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.rounds import Samples, Spread, as_json, ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A line of the table. `goal` is what we aim at, `limit` what a release must keep; some have none.

    Without a unit it is a ratio: how much of the other's rate we reach, where not otherwise said.
    `client_cpu` is the measuring process's own share, in seconds an operation.
    """

    what: str
    against: str
    spread: Spread
    goal: float | None = None
    limit: float | None = None
    unit: str = ""
    less_is_better: bool = False
    client_cpu: float | None = None
    samples: Mapping[str, Sequence[Any]] = field(default_factory=dict)  # whatever was sampled

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Figure":
        """The figure that was written down."""
        return cls(**{**told, "spread": Spread(**told["spread"])})

    @property
    def is_within_limit(self) -> bool:
        """Whether a release may have this figure."""
        if self.limit is None:
            return True
        measured = self.spread.median
        return measured <= self.limit if self.less_is_better else measured >= self.limit


def share(
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
