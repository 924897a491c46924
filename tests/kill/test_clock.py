"""The control host's clock jumps, within a segment and between two: the log says so, verifies, and no time runs out."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from hisops.model import records as r
from tests.kill.drive import carry_through, newest
from tests.kill.entry import How, JumpingClock
from tests.kill.points import Points
from tests.kill.scene import Scene

DAY = timedelta(days=1)


def jumping(*jumps: timedelta, every: int = 40, kill: int | None = None) -> How:
    return How(points=Points(kill=kill), person=True, clock=partial(JumpingClock, jumps, every))


@pytest.mark.parametrize("jumps", [(DAY,), (-DAY,), (DAY, -2 * DAY, DAY), (-DAY, 2 * DAY)])
@pytest.mark.parametrize("every", [15, 40])
def test_a_clock_that_jumps_between_two_records_is_taken_down(
    scene: Scene, jumps: tuple[timedelta, ...], every: int
) -> None:
    outcome = carry_through(scene, [jumping(*jumps, every=every)])
    assert (outcome.codes, outcome.state) == ([0], "SUCCEEDED")
    assert outcome.good, str(outcome)
    run = newest(scene)
    assert run is not None
    steps = [round(record.drift / 1e6 / 86400) for record in run.records if isinstance(record, r.ClockStepped)]
    assert steps == [jump // DAY for jump in jumps]


@pytest.mark.parametrize("jump", [DAY, -DAY, -3 * DAY])
def test_a_clock_that_jumps_while_no_process_writes_is_taken_down(scene: Scene, jump: timedelta) -> None:
    outcome = carry_through(scene, [How(points=Points(kill=600), person=True), jumping(jump, every=1)])
    assert outcome.codes == [-9, 0]
    assert outcome.good, str(outcome)
