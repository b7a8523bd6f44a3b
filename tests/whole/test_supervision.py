"""A frozen or dead process of a run, in every phase: the output is truly off, and everybody hears what happened.

Processes are frozen with SIGSTOP when the run reports the phase. The true output is read inside the simulator, and the
simulator holds its answers back where a phase would be over too soon.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest

from daq import (
    Bench,
    OutputState,
    Phase,
    RunInProgress,
    attach,
    end_if_silent,
    open_run,
    recover,
    runs_in_progress,
    unconfirmed_outputs,
)
from daq.execution.control_file import read_control_file
from daq.locks import is_locked
from protocols import ConnectionLost, Limits, Protocol, PulseSequence, RunFileError, Sampling
from sim_instruments.serving.in_process import InProcess, served_here
from tests.patience import patience, promised, until
from tests.whole.conftest import runner_of, running_with

pytestmark = [
    pytest.mark.realtime,  # a frozen process is noticed by seconds of its silence on real clocks, the product's promise
    pytest.mark.skipif(sys.platform == "win32", reason="freezes processes with SIGSTOP"),
]

Frozen = Callable[[RunInProgress, str], list[psutil.Process]]
# Planning takes some ten milliseconds: who looks a hundred times a second sees it, unless the look comes late.
MOST_STARTS = 10


@pytest.fixture
def instrument() -> Iterator[InProcess]:
    with served_here("keithley2461", record_output=True) as served:
        yield served


@pytest.fixture
def freeze() -> Iterator[Frozen]:
    """Return a function that freezes a run's ``runner``, ``guardian`` or ``both``, until the end of the test."""
    frozen: list[psutil.Process] = []

    def freeze(live: RunInProgress, whom: str) -> list[psutil.Process]:
        guardian = psutil.Process(live.guardian_pid)
        runner = runner_of(guardian)
        chosen = {"runner": [runner], "guardian": [guardian], "both": [guardian, runner]}[whom]
        frozen.extend(chosen)
        for process in chosen:
            process.suspend()
        return chosen

    yield freeze
    for process in frozen:
        with suppress(psutil.Error):
            process.resume()


def hold(seconds: float = 60.0) -> Protocol:
    sequence = PulseSequence.pulse("10 mV", f"{seconds} s", before="200 ms", after="200 ms")
    return Protocol("hold", sequence, Sampling(0.01), Limits(voltage_V=0.1, current_A=1e-3))


def many_edges(n_edges: int = 20_000) -> Protocol:
    """So many levels that planning and loading take a while."""
    levels = 0.01 * (np.arange(n_edges) % 7)
    levels[-1] = 0.0
    sequence = PulseSequence.from_arrays(1e-3 * np.arange(n_edges), levels, 1e-3 * n_edges)
    return Protocol("many edges", sequence, Sampling(1e-3), Limits(voltage_V=0.1, current_A=1e-3))


def in_phase(live: RunInProgress, phase: Phase) -> Callable[[], bool]:
    def holds() -> bool:
        status = live.poll()
        assert status.outcome is None, status
        return status.phase is phase

    return holds


def brought_to(phase: Phase, instrument: InProcess, folder: Path) -> RunInProgress:
    """Start a run and return it as soon as it is in a phase."""
    if phase is Phase.RUNNING:
        live = Bench(instrument.resource, folder).start(hold())
        until(running_with(live, 20))
        return live
    for _ in range(MOST_STARTS):
        live = Bench(instrument.resource, folder).start(many_edges())
        if phase is Phase.CONNECTING:
            until(partial(has_runner, live))
            return live
        until(partial(is_as_far_as, live, phase))
        if live.poll().phase is phase:
            return live
        live.stop_and_wait()  # nobody had looked while it was in that phase
    raise AssertionError(f"nobody looked while one of {MOST_STARTS} runs was in phase {phase}")


def is_as_far_as(live: RunInProgress, phase: Phase) -> bool:
    order = list(Phase)
    return order.index(live.poll().phase) >= order.index(phase)


def has_runner(live: RunInProgress) -> bool:
    """Whether the guardian has told which process is to measure."""
    with suppress(ConnectionLost, OSError, ValueError):
        return read_control_file(live.path).runner is not None
    return False


def wake(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.resume()


PHASES = [Phase.CONNECTING, Phase.PLANNING, Phase.ARMING, Phase.RUNNING]


@pytest.mark.parametrize("phase", PHASES)
def test_a_frozen_runner_is_ended_and_never_switches_on_when_it_wakes(
    phase: Phase, instrument: InProcess, freeze: Frozen, tmp_path: Path
) -> None:
    live = brought_to(phase, instrument, tmp_path)
    was_on = instrument.output.is_on
    frozen = freeze(live, "runner")
    outcome = live.wait()
    assert outcome.output.is_off
    assert not instrument.output.is_on
    edges = len(instrument.output.edges)
    wake(frozen)
    _, alive = psutil.wait_procs(frozen, timeout=patience(5))
    assert alive == [], "a runner that was replaced is dead"
    assert len(instrument.output.edges) == edges, "nothing was switched after that"
    assert was_on == (phase is Phase.RUNNING)
    assert "frozen" in outcome.reason or "silent" in outcome.reason
    if live.path.exists():
        assert open_run(live.path).state == outcome.state


@pytest.mark.realtime  # a second, wherever one process lives and the instrument answers, is what the product promises
@pytest.mark.parametrize("whom", ["runner", "guardian", "both"])
@pytest.mark.parametrize("how", ["frozen", "killed"])
def test_the_output_is_off_within_a_second_while_one_process_lives(
    whom: str, how: str, instrument: InProcess, freeze: Frozen, tmp_path: Path
) -> None:
    live = brought_to(Phase.RUNNING, instrument, tmp_path)
    begun = time.monotonic()
    for process in freeze(live, whom):
        if how == "killed":
            process.kill()
    outcome = live.wait()
    assert outcome.output == "off"
    assert not instrument.output.is_on
    assert instrument.output.edges[-1].at_s - begun < promised(1.0)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("whom", ["guardian", "both"])
def test_a_stop_ends_a_run_whose_guardian_is_frozen(
    phase: Phase, whom: str, instrument: InProcess, freeze: Frozen, tmp_path: Path
) -> None:
    live = brought_to(phase, instrument, tmp_path)
    frozen = freeze(live, whom)
    outcome = live.stop_and_wait()
    assert outcome.output.is_off, outcome
    assert not instrument.output.is_on
    told = " ".join((outcome.reason, *outcome.warnings))
    assert "did not answer" in told or "silent" in told
    edges = len(instrument.output.edges)
    wake(frozen)
    _, alive = psutil.wait_procs(frozen, timeout=patience(5))
    assert alive == []
    assert len(instrument.output.edges) == edges
    assert not instrument.output.is_on
    if live.path.exists():
        assert open_run(live.path).state.output_is_off
    run = Bench(instrument.resource, tmp_path).run(hold(0.2))
    assert run.state == "complete", "the instrument is free for the next run"


def test_a_frozen_guardian_is_noticed_by_the_runner_without_any_front_end(
    instrument: InProcess, freeze: Frozen, tmp_path: Path
) -> None:
    live = brought_to(Phase.RUNNING, instrument, tmp_path)
    (guardian,) = freeze(live, "guardian")
    until(lambda: not instrument.output.is_on)
    until(lambda: open_run(live.path).state.is_final)
    until(lambda: not is_locked(live.path, "runner"))  # it trims and closes the file after the state is written
    recorded = open_run(live.path).recorded_outcome()
    assert recorded is not None
    assert (recorded.state, recorded.output) == ("stopped", "off")
    assert "fell silent" in recorded.reason
    before = live.path.read_bytes()
    guardian.resume()
    guardian.wait(patience(20))
    assert live.path.read_bytes() == before, "a guardian that wakes late writes nothing over"
    outcome = live.wait()
    assert (outcome.state, outcome.output) == ("stopped", "off")


@pytest.mark.parametrize("how", ["stop", "abort"])
def test_another_program_ends_a_run_whose_guardian_is_frozen(
    how: str, instrument: InProcess, freeze: Frozen, tmp_path: Path
) -> None:
    live = brought_to(Phase.RUNNING, instrument, tmp_path)
    freeze(live, "both")
    other = attach(live.path)
    (other.stop if how == "stop" else other.abort)()
    outcome = other.wait()
    assert outcome.output == "off"
    assert not instrument.output.is_on
    assert live.wait().output == "off", "the program that started it hears of it too"
    assert runs_in_progress(tmp_path) == []


@pytest.mark.parametrize("whom", ["both", "runner"])
def test_recover_ends_a_run_whose_processes_are_frozen(
    whom: str, instrument: InProcess, freeze: Frozen, tmp_path: Path
) -> None:
    live = brought_to(Phase.RUNNING, instrument, tmp_path)
    freeze(live, whom)
    if whom == "runner":
        psutil.Process(live.guardian_pid).kill()
    command = [sys.executable, "-m", "ionecho", "recover", str(live.path), "--json"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=patience(30), check=False)
    assert done.returncode == 0, done.stderr
    assert not instrument.output.is_on
    assert open_run(live.path).state == "aborted"
    assert "ended" in done.stderr
    assert live.wait().output == "off"


def test_recover_leaves_a_run_in_progress_alone(instrument: InProcess, tmp_path: Path) -> None:
    live = brought_to(Phase.RUNNING, instrument, tmp_path)
    with pytest.raises(RunFileError, match="still running"):
        recover(live.path)
    assert end_if_silent(live.path) is None
    assert instrument.output.is_on
    assert live.stop_and_wait().output == "off"
    assert end_if_silent(live.path) is None


@pytest.mark.parametrize("phase", [Phase.ARMING, Phase.RUNNING])
def test_a_front_end_that_lives_switches_off_when_both_processes_die(
    phase: Phase, instrument: InProcess, freeze: Frozen, tmp_path: Path
) -> None:
    live = brought_to(phase, instrument, tmp_path)
    both = freeze(live, "both")  # so that neither sees the other die
    for process in both:
        process.kill()
    outcome = live.wait()
    assert (outcome.state, outcome.output) == ("aborted", "off")
    assert not instrument.output.is_on
    assert "read back as off" in outcome.reason
    assert open_run(live.path).events[-1]["output"] == "off"
    assert recover(live.path).state == "aborted"


def test_a_frozen_runner_whose_guardian_died_is_ended_by_the_front_end(
    instrument: InProcess, freeze: Frozen, tmp_path: Path
) -> None:
    live = brought_to(Phase.RUNNING, instrument, tmp_path)
    (runner,) = freeze(live, "runner")
    psutil.Process(live.guardian_pid).kill()
    outcome = live.wait()
    assert (outcome.state, outcome.output) == ("aborted", "off")
    assert not instrument.output.is_on
    assert not runner.is_running() or runner.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("whom", ["runner", "guardian"])
def test_a_process_that_freezes_while_the_output_cannot_be_switched_off_holds_up_nobody(
    whom: str, instrument: InProcess, freeze: Frozen, tmp_path: Path
) -> None:
    live = brought_to(Phase.RUNNING, instrument, tmp_path)
    instrument.do(instrument.served.host.hold_answers)  # the runner's session fails, and the guardian tries fresh ones
    until(in_phase(live, Phase.SWITCHING_OFF))
    frozen = freeze(live, whom)
    instrument.do(instrument.served.host.release_answers)
    outcome = live.wait()
    assert outcome.output == "off", outcome
    until(lambda: not instrument.output.is_on)
    wake(frozen)
    assert open_run(live.path).state.output_is_off


def test_an_instrument_that_never_answers_is_told_and_the_alarm_stays(
    instrument: InProcess, freeze: Frozen, tmp_path: Path
) -> None:
    live = brought_to(Phase.RUNNING, instrument, tmp_path)
    freeze(live, "both")
    instrument.do(instrument.served.host.hold_answers)
    outcome = live.stop_and_wait()
    assert (outcome.state, outcome.output) == ("unknown", "unknown")
    assert "Press the OUTPUT key" in outcome.reason
    assert open_run(live.path).state == "unknown"
    assert list(unconfirmed_outputs(tmp_path)) == [live.path]
    instrument.do(instrument.served.host.release_answers)
    assert recover(live.path).state == "aborted"
    assert not instrument.output.is_on
    assert unconfirmed_outputs(tmp_path) == {}


def test_two_front_ends_that_notice_at_the_same_time_agree(
    instrument: InProcess, freeze: Frozen, tmp_path: Path
) -> None:
    live = brought_to(Phase.RUNNING, instrument, tmp_path)
    others = [attach(live.path) for _ in range(2)]
    freeze(live, "both")
    fronts = [live, *others]
    until(lambda: all(front.poll().is_final for front in fronts), 30.0)
    outcomes = [front.wait() for front in fronts]
    assert {outcome.output for outcome in outcomes} == {OutputState.OFF}
    assert len([event for event in open_run(live.path).events if event["kind"] == "aborted"]) == 1
    assert not instrument.output.is_on


def test_all_three_frozen_and_woken_leave_the_output_off(instrument: InProcess, freeze: Frozen, tmp_path: Path) -> None:
    live = brought_to(Phase.RUNNING, instrument, tmp_path)
    both = freeze(live, "both")
    time.sleep(6.0)  # longer than every silence is borne; this front end asks nothing meanwhile, as one that is frozen
    wake(both)
    outcome = live.wait()
    assert outcome.output == "off"
    until(lambda: not instrument.output.is_on)
    assert open_run(live.path).state.output_is_off


def test_ctrl_c_twice_ends_a_run_whose_guardian_is_frozen(instrument: InProcess, tmp_path: Path) -> None:
    protocol = tmp_path / "hold.toml"
    protocol.write_text(hold().to_toml(), encoding="utf-8")
    path = tmp_path / "r.nxs"
    command = [sys.executable, "-m", "ionecho", "run", str(protocol), "-r", instrument.resource, "-o", str(path)]
    with ExitStack() as undone:
        front = subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, encoding="utf-8", start_new_session=True)
        undone.callback(front.kill)
        until(lambda: path.exists() and open_run(path).n_samples > 20)
        (guardian,) = psutil.Process(front.pid).children()
        undone.callback(lambda: wake([guardian]))
        guardian.suspend()
        for _ in range(2):
            front.send_signal(signal.SIGINT)
            time.sleep(0.2)
        output, _ = front.communicate(timeout=patience(20))
    assert '"output": "off"' in output
    assert front.returncode in {1, 3}
    assert not instrument.output.is_on
