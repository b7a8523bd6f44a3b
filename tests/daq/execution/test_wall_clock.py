"""Are jumps of the wall clock noted, with stamps of a clock that does not jump, and do they disturb nothing?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from daq import open_run
from daq.execution.runner import Runner
from daq.execution.wall_clock import WallClock
from protocols import Protocol
from tests.daq.conftest import HandClock, ResistorPotentiostat

MakeRunner = Callable[..., tuple[Runner, Any, Path, HandClock]]
HOUR_S = 3600.0


@pytest.mark.parametrize("jump_s", [HOUR_S, -HOUR_S, 0.2, -0.2])
def test_a_jump_is_seen_once_and_with_its_size(jump_s: float) -> None:
    clock = HandClock()
    wall = WallClock(clock)
    assert wall.look() is None
    clock.sleep(10.0)
    assert wall.look() is None
    clock.wall += jump_s
    clock.sleep(1.0)
    jump = wall.look()
    assert jump is not None
    assert jump.jump_s == pytest.approx(jump_s, abs=1e-6)
    assert ("ahead" if jump_s > 0 else "back") in str(jump)
    assert wall.look() is None


def test_what_a_time_server_does_gently_is_no_jump() -> None:
    clock = HandClock()
    wall = WallClock(clock)
    for _ in range(3600):
        clock.sleep(1.0)
        clock.wall += 0.5e-3  # the fastest slew: 500 ppm
        assert wall.look() is None


def test_a_clock_that_jumps_all_the_time_does_not_fill_the_events() -> None:
    clock = HandClock()
    wall = WallClock(clock)
    seen = 0
    for _ in range(1000):
        clock.wall += 10.0
        seen += wall.look() is not None
    assert 0 < seen <= 20


def test_a_pause_between_two_readings_is_no_jump_and_hides_none() -> None:
    class HeldUp(HandClock):
        pause = 0.0

        def time(self) -> float:
            now = super().time()
            self.now += self.pause
            return now

    clock = HeldUp()
    wall = WallClock(clock)
    wall.look()
    clock.pause = 5.0
    assert wall.look() is None
    clock.pause, clock.wall = 0.0, clock.wall + 7.0
    jump = wall.look()
    assert jump is not None
    assert jump.jump_s == pytest.approx(7.0)


@pytest.mark.parametrize("jump_s", [HOUR_S, -HOUR_S])
def test_a_run_over_a_jump_is_complete_and_has_it_among_its_events(
    make_runner: MakeRunner, protocol: Protocol, potentiostat: ResistorPotentiostat, jump_s: float
) -> None:
    runner, _, path, clock = make_runner(protocol)

    def jump(read: int) -> None:
        clock.now += 0.05
        if read == 3:
            clock.wall += jump_s

    potentiostat.on_read = jump
    outcome = runner.run()
    assert (outcome.state, outcome.output, outcome.n_samples) == ("complete", "off", 4000)
    run = open_run(path)
    jumps = [event for event in run.events if event["kind"] == "clock"]
    assert len(jumps) == 1
    assert jumps[0]["jump_s"] == pytest.approx(jump_s, abs=1e-3)
    assert "clock jumped" in jumps[0]["message"]
    stamps = [event["monotonic_ns"] for event in run.events]
    assert stamps == sorted(stamps)
    assert all(event["host_ns"] > 0 for event in run.events)
