"""A runner that is silent for too long is noticed in every phase, and one that only is slow is left alone."""

from __future__ import annotations

import pytest

from daq.execution.deadlines import RunnerWatch, TimeToConnect
from daq.state import Phase
from tests.daq.conftest import HandClock

FINAL = {Phase.FINISHED}


class ProcessByHand:
    """What the operating system tells of a process, in a test."""

    def __init__(self, clock: HandClock, cores: float = 0.0, *, frozen: bool = False) -> None:
        self._clock = clock
        self.cores = cores
        self.frozen = frozen

    def cpu_s(self) -> float:
        return self.cores * self._clock.now

    def is_frozen(self) -> bool:
        return self.frozen


def watched(process: ProcessByHand, clock: HandClock, slowness: float = 1.0) -> RunnerWatch:
    return RunnerWatch(4.0, process, clock.monotonic, lambda: slowness)


def noticed_after(watch: RunnerWatch, clock: HandClock, limit_s: float = 1000.0) -> tuple[float, str]:
    """Return after how long a runner that reports no more is noticed, and with which words."""
    begun = clock.now
    while (why := watch.overdue()) is None:
        clock.sleep(0.05)
        if clock.now - begun > limit_s:
            return clock.now - begun, ""
    return clock.now - begun, why


@pytest.mark.parametrize(
    ("phase", "promised_s"),
    [
        (Phase.CONNECTING, 30.0),
        (Phase.PLANNING, 10.0),
        (Phase.ARMING, 20.0),
        (Phase.RUNNING, 4.0),
        (Phase.SWITCHING_OFF, 5.0),
        (Phase.CLOSING, 120.0),
    ],
)
def test_silence_is_noticed_in_every_phase(phase: Phase, promised_s: float) -> None:
    clock = HandClock()
    watch = watched(ProcessByHand(clock), clock)
    watch.report(phase)
    after_s, why = noticed_after(watch, clock)
    assert after_s == pytest.approx(promised_s, abs=0.2)
    assert "silent" in why
    assert phase.activity in why


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase not in FINAL])
def test_a_runner_that_the_system_says_is_frozen_is_noticed_within_a_second(phase: Phase) -> None:
    clock = HandClock()
    watch = watched(ProcessByHand(clock, frozen=True), clock)
    watch.report(phase)
    after_s, why = noticed_after(watch, clock)
    assert 0.5 <= after_s <= 0.7
    assert "was frozen" in why


def test_a_runner_that_is_frozen_for_a_moment_only_is_left_alone() -> None:
    clock = HandClock()
    process = ProcessByHand(clock)
    watch = watched(process, clock)
    watch.report(Phase.RUNNING)
    for turn in range(60):  # 3 s of silence, frozen in every third look
        process.frozen = turn % 3 == 0
        assert watch.overdue() is None
        clock.sleep(0.05)


@pytest.mark.parametrize("phase", [Phase.CONNECTING, Phase.PLANNING, Phase.CLOSING])
def test_a_runner_that_computes_is_slow_and_not_silent(phase: Phase) -> None:
    clock = HandClock()
    process = ProcessByHand(clock, cores=0.2)  # on a computer under load
    watch = watched(process, clock)
    watch.report(phase)
    assert noticed_after(watch, clock, 50.0)[1] == ""
    process.cores = 0.2 * 50.0 / clock.now  # it computes no more from now on
    frozen = ProcessByHand(clock)
    frozen.cpu_s = lambda: 10.0  # type: ignore[method-assign]
    watch = watched(frozen, clock)
    watch.report(phase)
    assert "silent" in noticed_after(watch, clock)[1]


def test_computing_is_no_excuse_while_the_output_may_be_on() -> None:
    clock = HandClock()
    watch = watched(ProcessByHand(clock, cores=1.0), clock)
    watch.report(Phase.RUNNING)
    assert noticed_after(watch, clock)[0] == pytest.approx(4.0, abs=0.2)


def test_a_phase_before_the_start_ends_some_time_whatever_is_reported() -> None:
    clock = HandClock()
    watch = watched(ProcessByHand(clock), clock)
    while (why := watch.overdue()) is None:
        watch.report(Phase.ARMING)
        clock.sleep(1.0)
    assert clock.now == pytest.approx(600.0, abs=2.0)
    assert "still loading the program" in why


def test_a_slow_upload_that_reports_its_exchanges_is_left_alone() -> None:
    clock = HandClock()
    watch = watched(ProcessByHand(clock), clock)
    for _ in range(100):  # 100 s on a serial line
        watch.report(Phase.ARMING)
        clock.sleep(1.0)
        assert watch.overdue() is None


@pytest.mark.parametrize("phase", [Phase.CONNECTING, Phase.PLANNING, Phase.ARMING, Phase.RUNNING])
def test_a_stop_is_obeyed_within_seconds_even_by_a_runner_that_reports(phase: Phase) -> None:
    clock = HandClock()
    watch = watched(ProcessByHand(clock), clock)
    watch.report(phase)
    watch.order_stop()
    while (why := watch.overdue()) is None:
        watch.report(phase)
        clock.sleep(0.05)
    assert clock.now == pytest.approx(5.0, abs=0.2)
    assert "did not stop" in why


def test_a_runner_that_closes_its_file_after_a_stop_is_given_its_time() -> None:
    clock = HandClock()
    watch = watched(ProcessByHand(clock), clock)
    watch.order_stop()
    watch.report(Phase.CLOSING)
    clock.sleep(60.0)
    assert watch.overdue() is None


@pytest.mark.parametrize(("slowness", "ends_s"), [(1.0, 60.0), (2.5, 150.0), (15.0, 240.0)])
def test_a_slow_computer_is_given_its_time_before_the_start_and_no_more_than_four_times_that(
    slowness: float, ends_s: float
) -> None:
    clock = HandClock()
    watch = watched(ProcessByHand(clock), clock, slowness)
    while (why := watch.overdue()) is None:
        watch.report(Phase.CONNECTING)
        clock.sleep(0.05)
    assert clock.now == pytest.approx(ends_s, abs=0.2)
    assert "still connecting" in why


def test_a_runner_that_shares_its_core_with_thirty_others_computes_and_is_left_alone() -> None:
    clock = HandClock()
    watch = watched(ProcessByHand(clock, cores=1 / 30), clock, 15.0)  # 33 ms a second, fewer than on an idle computer
    watch.report(Phase.PLANNING)
    assert noticed_after(watch, clock, 100.0)[1] == ""
    listens = watched(ProcessByHand(clock, cores=0.002), clock, 15.0)
    listens.report(Phase.PLANNING)
    after_s, why = noticed_after(listens, clock)
    assert after_s == pytest.approx(10.0, abs=0.2), "one that only hears heartbeats computes nothing"
    assert "silent" in why


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.SWITCHING_OFF])
def test_no_load_lengthens_a_silence_while_the_output_may_be_on(phase: Phase) -> None:
    clock = HandClock()
    slow, idle = (watched(ProcessByHand(clock), clock, slowness) for slowness in (30.0, 1.0))
    slow.report(phase)
    idle.report(phase)
    while (why := slow.overdue()) is None:
        assert idle.overdue() is None
        clock.sleep(0.05)
    assert idle.overdue() == why


@pytest.mark.parametrize(
    ("cores", "slowness", "limit_s"),
    [(0.0, 1.0, 10.0), (0.02, 1.0, 10.0), (0.0, 3.0, 30.0), (0.5, 1.0, 60.0), (0.0, 100.0, 60.0)],
    ids=["waits", "turns its loop", "slow computer", "loads libraries", "never for longer"],
)
def test_a_guardian_connects_for_longer_while_it_computes_or_the_computer_is_slow(
    cores: float, slowness: float, limit_s: float
) -> None:
    clock = HandClock()
    limit = TimeToConnect(clock.monotonic, lambda: cores * clock.now, lambda: slowness)
    begun = clock.now
    while clock.now - begun <= limit():
        clock.sleep(0.05)
    assert clock.now - begun == pytest.approx(limit_s, abs=0.2)


def test_libraries_that_take_fifteen_seconds_to_load_leave_the_instrument_its_ten() -> None:
    clock = HandClock()
    begun = clock.now
    limit = TimeToConnect(clock.monotonic, lambda: 0.5 * min(clock.now - begun, 15.0), lambda: 1.0)
    while clock.now - begun <= limit():
        clock.sleep(0.05)
    assert clock.now - begun == pytest.approx(25.0, abs=1.2)
