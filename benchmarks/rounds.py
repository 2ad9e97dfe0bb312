"""Measures in rounds: in each, every variant does the same work, so that their ratios are comparable."""

import resource
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter
from typing import Any


class InvalidMeasurement(Exception):
    """The measurement is invalid: the operations did not do what was to be measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The result of one variant in one round.

    `client_cpu` is this process's processor time in seconds, `server_cpu` that of the processes that carry
    out the operations, if these are others.
    """

    operations: int
    seconds: float
    client_cpu: float
    server_cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Operations per second."""
        return self.operations / self.seconds

    @property
    def cpu(self) -> float:
        """Processor seconds of one operation, where it is carried out."""
        return (self.server_cpu or self.client_cpu) / self.operations


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to do the work. `prepare` creates the initial state; `check` raises InvalidMeasurement.

    `server_cpu` is the processor time that the serving processes have used since they started, in seconds.
    """

    name: str
    run: Callable[[], int]
    prepare: Callable[[], None] = lambda: None
    check: Callable[[int], None] = lambda _: None
    server_cpu: Callable[[], float] = lambda: 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The median of the rounds, with the lowest and the highest."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of these values."""
        return cls(median=median(values), lowest=min(values), highest=max(values))


Samples = Mapping[str, Sequence[Sample]]


def interleave(variants: Sequence[Variant], *, rounds: int) -> Samples:
    """Run each variant once per round, in rotating order, after an uncounted warm-up round."""
    samples: dict[str, list[Sample]] = {variant.name: [] for variant in variants}
    for number in range(rounds + 1):
        first = number % len(variants)
        for variant in [*variants[first:], *variants[:first]]:
            sample = _measure(variant)
            if number:
                samples[variant.name].append(sample)
    return samples


def ratio(samples: Samples, ours: str, reference: str) -> Spread:
    """The ratio of our rate to the reference's, round by round."""
    pairs = zip(samples[ours], samples[reference], strict=True)
    return Spread.of([mine.rate / theirs.rate for mine, theirs in pairs])


def as_json(samples: Samples) -> dict[str, list[dict[str, Any]]]:
    """All samples, for the record."""
    return {name: [asdict(sample) for sample in taken] for name, taken in samples.items()}


def _measure(variant: Variant) -> Sample:
    variant.prepare()
    server_cpu, cpu, begun = variant.server_cpu(), _cpu(), perf_counter()
    operations = variant.run()
    sample = Sample(
        operations=operations,
        seconds=perf_counter() - begun,
        client_cpu=_cpu() - cpu,
        server_cpu=variant.server_cpu() - server_cpu,
    )
    variant.check(operations)
    return sample


def _cpu() -> float:
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
