"""Half a minute of faults that are always the same; `make chaos` draws others."""

import pytest

from tests.chaos.faults import LANES, plan
from tests.chaos.judge import out_of_order
from tests.chaos.run import Run
from tests.services.server import ServiceMissing

SEED = 20
SECONDS = 25.0


class TestThePlan:
    @pytest.mark.parametrize("lane", LANES)
    def test_is_the_same_for_the_same_seed_alone(self, lane: str) -> None:
        drawn = [(each.fault.name, each.target, each.pause) for each in plan(lane, 7, seconds=100)]
        again = [(each.fault.name, each.target, each.pause) for each in plan(lane, 7, seconds=100)]
        other = [(each.fault.name, each.target, each.pause) for each in plan(lane, 8, seconds=100)]
        assert drawn == again != other

    @pytest.mark.parametrize("lane", LANES)
    def test_has_every_kind_once_before_any_comes_again(self, lane: str) -> None:
        kinds = LANES[lane]
        drawn = [each.fault for each in plan(lane, 7, seconds=100)][: len(kinds)]
        assert sorted(map(id, drawn)) == sorted(map(id, kinds))


class TestTheJudge:
    def test_sees_what_came_out_of_order(self) -> None:
        events = {"a": ("t", "loan", 1), "b": ("t", "loan", 2), "c": ("t", "hold", 1)}
        assert not list(out_of_order("catalog", ["a", "c", "b"], events))
        [line] = out_of_order("catalog", ["b", "c", "a"], events)
        assert "version 1 of loan came after version 2" in line


@pytest.mark.postgresql
@pytest.mark.rabbitmq
@pytest.mark.timeout(420)
@pytest.mark.xdist_group("chaos")
def test_whatever_fails_all_comes_out_even() -> None:
    said: list[str] = []
    try:
        verdict = Run(SEED, SECONDS, say=said.append)()
    except ServiceMissing as missing:
        pytest.skip(str(missing))
    assert not verdict.violations, "\n".join(said)
