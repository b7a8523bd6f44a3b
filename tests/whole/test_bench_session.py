"""Many runs of one session: each guarded as a single one is, whichever process dies, and off between them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from daq import Bench, BenchSession, RunInProgress, attach, open_run
from daq.execution.control_file import read_control_file
from daq.locks import is_in_progress, is_locked
from protocols import InstrumentError, Limits, Protocol, PulseSequence, RunFileError, Sampling
from sim_instruments.serving.in_process import InProcess, served_here
from tests.patience import patience, until
from tests.whole.conftest import running_with

pytestmark = pytest.mark.waits

kills = pytest.mark.skipif(sys.platform == "win32", reason="freezes and kills processes by signals")


@pytest.fixture
def instrument() -> Iterator[InProcess]:
    with served_here("keithley2461", record_output=True) as served:
        yield served


@pytest.fixture
def session(instrument: InProcess, tmp_path: Path) -> Iterator[BenchSession]:
    with BenchSession(instrument.resource, folder=tmp_path) as session:
        yield session


def pulse(level: str = "10 mV", width: str = "20 ms") -> Protocol:
    sequence = PulseSequence.pulse(level, width, before="10 ms", after="10 ms")
    return Protocol("pulse", sequence, Sampling(1e-3), Limits(voltage_V=0.1, current_A=1e-3))


def processes_of(live: RunInProgress) -> tuple[psutil.Process, psutil.Process]:
    """Return guardian and runner of a run, as its control file names them."""
    until(live.path.exists)
    known = read_control_file(live.path)
    assert known.runner is not None
    return psutil.Process(known.guardian.pid), psutil.Process(known.runner.pid)


def begun(session: BenchSession) -> tuple[RunInProgress, psutil.Process, psutil.Process]:
    """Start a long run, and return it with its guardian and runner once it measures."""
    live = session.start(pulse(width="600 s"))
    until(running_with(live, 20))
    return (live, *processes_of(live))


def test_runs_of_a_session_are_whole_and_served_by_the_same_processes(
    session: BenchSession, instrument: InProcess, tmp_path: Path
) -> None:
    seen = set()
    for number in range(4):
        live = session.start(pulse(f"{5 + number} mV"), tmp_path / f"{number}.nxs")
        seen.add(tuple(process.pid for process in processes_of(live)))
        outcome = live.wait()
        assert (outcome.state, outcome.output, outcome.n_samples) == ("complete", "off", 40), outcome
        assert outcome.warnings == ()
        assert not instrument.output.is_on, "read back as off between two runs"
        run = open_run(live.path)
        assert run.verify().is_intact
        assert run.voltage_V[20] == pytest.approx(1e-3 * (5 + number), abs=1e-5)
    assert len(seen) == 1
    assert sum(edge.on for edge in instrument.output.edges) == 4, "on once a run, and never between them"
    with pytest.raises(InstrumentError, match="a session of runs that waits for the next one"):
        Bench(instrument.resource, tmp_path).run(pulse())
    session.close()
    assert Bench(instrument.resource, tmp_path).run(pulse()).state == "complete", "the instrument was given back"
    assert not list(tmp_path.glob("*.lock")) + list(tmp_path.glob("*.json"))


def test_a_run_that_is_refused_or_stopped_spoils_no_later_one(session: BenchSession, tmp_path: Path) -> None:
    assert session.run(pulse("500 mV")).state == "refused"
    live, _, runner = begun(session)
    with pytest.raises(InstrumentError, match="is in progress: wait for its end"):
        session.start(pulse())
    with pytest.raises(RunFileError):
        Bench(session.resource).start(pulse(), live.path)
    window = attach(live.path)
    window.stop()
    outcome = live.wait()
    assert (outcome.state, outcome.output, outcome.reason) == ("stopped", "off", "stopped by the operator")
    assert window.wait() == outcome, "a front end that attached by the run file hears the same"
    live = session.start(pulse(), tmp_path / "after.nxs")
    assert processes_of(live)[1] == runner
    assert live.wait().state == "complete"


def test_the_stop_of_a_session_stops_its_run_and_not_the_next(session: BenchSession) -> None:
    session.stop()
    live, _, _ = begun(session)
    session.stop()
    assert live.wait().state == "stopped"
    session.stop()
    assert session.run(pulse()).state == "complete"


@kills
@pytest.mark.parametrize("when", ["in a run", "between runs"])
@pytest.mark.parametrize("whom", ["runner", "guardian"])
def test_whichever_process_is_killed_nothing_stays_on_and_the_next_run_completes(
    whom: str, when: str, session: BenchSession, instrument: InProcess
) -> None:
    live, guardian, runner = begun(session)
    killed = {"runner": runner, "guardian": guardian}[whom]
    if when == "in a run":
        killed.kill()
        outcome = live.wait()
        assert outcome.output == "off", outcome
        assert outcome.state in {"aborted", "stopped"}
    else:
        live.stop_and_wait()
        killed.kill()
        _, alive = psutil.wait_procs([killed], timeout=patience(5))
        assert alive == []
    assert not instrument.output.is_on
    following = session.start(pulse())
    outcome = following.wait()
    assert (outcome.state, outcome.output) == ("complete", "off"), outcome
    _, alive = psutil.wait_procs([runner], timeout=patience(10))
    assert alive == [], "the runner before it has ended"
    assert open_run(live.path).state.output_is_off


@kills
def test_a_guardian_that_is_frozen_between_runs_is_replaced(session: BenchSession) -> None:
    live, guardian, _ = begun(session)
    live.stop_and_wait()
    guardian.suspend()
    until(lambda: guardian.status() == psutil.STATUS_STOPPED)  # a loaded machine takes its time to stop a process
    try:
        run = session.run(pulse())
        assert run.state == "complete", run.reason
        assert not guardian.is_running() or guardian.status() == psutil.STATUS_ZOMBIE
    finally:
        with suppress(psutil.Error):
            guardian.resume()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_a_run_has_nothing_to_read_and_no_end_of_what_its_guardian_is_asked_over(session: BenchSession) -> None:
    _, guardian, runner = begun(session)
    processes = [guardian, *guardian.children(recursive=True)]
    assert runner in processes
    inputs = {process.pid: Path(f"/proc/{process.pid}/fd/0").readlink() for process in processes}
    assert inputs == dict.fromkeys(inputs, Path("/dev/null"))


@kills
def test_a_session_whose_front_end_dies_finishes_its_run_and_gives_the_instrument_back(
    instrument: InProcess, tmp_path: Path
) -> None:
    script = (
        "import sys, time; from daq import BenchSession; from protocols import *\n"
        "def pulse(width):\n"
        "    sequence = PulseSequence.pulse('10 mV', width, before='10 ms', after='10 ms')\n"
        "    return Protocol('p', sequence, Sampling(0.01), Limits(voltage_V=0.1, current_A=1e-3))\n"
        f"session = BenchSession({instrument.resource!r}, folder={str(tmp_path)!r})\n"
        "print(session.run(pulse('100 ms'), sys.argv[1]).state, flush=True)\n"
        "session.start(pulse('3 s'), sys.argv[2]); time.sleep(600)"
    )
    paths = [tmp_path / name for name in ("first.nxs", "second.nxs")]
    front = subprocess.Popen([sys.executable, "-c", script, *map(str, paths)], stdout=subprocess.PIPE, text=True)
    assert front.stdout is not None
    assert front.stdout.readline() == "complete\n"
    until(lambda: is_in_progress(paths[1]))
    front.kill()
    front.wait()
    front.stdout.close()
    until(lambda: paths[1].exists() and open_run(paths[1]).state == "complete")
    until(lambda: not is_locked(paths[1], "guardian"))
    assert Bench(instrument.resource, tmp_path).run(pulse()).state == "complete"
