"""One run: a library under load, faults in every lane for a while, then the judge."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import quantiles
from threading import Event, Lock
from time import monotonic

import psycopg

from tests.chaos.faults import LANES, Planned, plan
from tests.chaos.installation import Installation, installed
from tests.chaos.judge import Judge, Verdict
from tests.chaos.workload import Workload

_LOOK_SECONDS = 0.2
#: A fault's recovery is watched for so long; the judge has bounds of their own.
_WATCHED_SECONDS = 60.0
Say = Callable[[str], None]


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass(slots=True)
class Run:
    """A run of so many seconds of faults that are drawn from the seed; call it once."""

    seed: int
    seconds: float
    say: Say = _print
    _began: float = 0.0
    _over: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)
    _told: list[tuple[float, str]] = field(default_factory=list)

    def __call__(self) -> Verdict:
        """Run and judge. Raises ServiceMissing where there is no PostgreSQL or RabbitMQ."""
        self.say(f"seed {self.seed}: {self.seconds:.0f} s of faults")
        with installed() as library:
            workload = Workload(library.desk, self.seed)
            library.supervisor.start()
            try:
                self._began = monotonic()
                workload.start()
                self._hurt(library)
                self.say(f"the faults were over after {monotonic() - self._began:.1f} s")
                workload.stop()
                verdict = Judge(library).judge(workload.asked)
            finally:
                library.supervisor.stop()
            verdict.violations += [f"ended by itself: {each}" for each in library.supervisor.unexplained]
            self._report(library, workload, verdict)
        return verdict

    def _hurt(self, library: Installation) -> None:
        with ThreadPoolExecutor(len(LANES)) as lanes, ThreadPoolExecutor(32) as watchers:
            running = [
                lanes.submit(self._follow, library, plan(lane, self.seed, seconds=self.seconds), watchers)
                for lane in LANES
            ]
            self._over.wait(self.seconds)
            self._over.set()
            for lane in running:
                lane.result()

    def _follow(self, library: Installation, planned: list[Planned], watchers: ThreadPoolExecutor) -> None:
        for each in planned:
            if self._over.wait(each.pause):
                return
            at = monotonic() - self._began
            with each.fault.inflict(library, each.target):
                self._over.wait(each.lasts)
            cured = monotonic()
            watchers.submit(self._watch, library, each, at, cured)

    def _watch(self, library: Installation, each: Planned, at: float, cured: float) -> None:
        """Find out how long it took until all that was committed by the cure was delivered."""
        number: int | None = None
        missing: dict[str, int] = {}
        judge = Judge(library)
        took = ""
        while not took and monotonic() < cured + _WATCHED_SECONDS:
            with suppress(psycopg.Error):  # another fault hits the database
                number = judge.last_committed() if number is None else number
                last, missing = missing, judge.missing(up_to=number)
                if not missing:
                    took = f"recovered after {monotonic() - cured:.1f} s"
                    took += f", at last {', '.join(last)}" if last else ""
                    break
            Event().wait(_LOOK_SECONDS)
        lasted = f"lasted {cured - self._began - at:.1f} s"
        with self._lock:
            self._told.append((at, f"{each.fault.name} {each.target}: {lasted}, {took or 'not recovered'}"))

    def _report(self, library: Installation, workload: Workload, verdict: Verdict) -> None:
        waits = [each.seconds for each in workload.asked]
        tail = quantiles(waits, n=100)[98] if len(waits) > 1 else 0.0
        verdict.facts |= {
            "commands": len(workload.asked),
            "tries": sum(each.tries for each in workload.asked),
            "99 % were answered within seconds": round(tail, 1),
            "restarts": library.supervisor.restarts,
        }
        for at, line in sorted(self._told):
            self.say(f"{at:6.1f} s  {line}")
        for name, value in verdict.facts.items():
            self.say(f"  {name}: {value:g}")
        for notice in verdict.ambiguous:
            self.say(f"  ambiguous: notice {notice}")
        for violation in verdict.violations:
            self.say(f"VIOLATION {violation}")
        self.say(f"seed {self.seed}: {'violated' if verdict.violations else 'all came out even'}")
