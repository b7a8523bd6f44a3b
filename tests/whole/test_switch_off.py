"""Outputs after kills, as they truly are inside the simulated instruments: whoever lives switches off."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from daq import Bench, RunInProgress, open_run, recover, unconfirmed_outputs
from daq.execution.output_marker import OutputMarker
from protocols import Limits, Protocol, PulseSequence, Sampling
from sim_instruments.catalogue import CATALOGUE
from sim_instruments.serving.in_process import InProcess, served_here
from tests.ionecho.commands import command
from tests.patience import patience, promised, until
from tests.whole.conftest import runner_of, running_with

pytestmark = pytest.mark.waits

POTENTIOSTATS = sorted(set(CATALOGUE) - {"keithley2400", "lakeshore335", "lakeshore336"})
SERIAL = sorted(kind for kind in POTENTIOSTATS if CATALOGUE[kind].transports[0] == "pty")

Recorded = Callable[..., InProcess]


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    """Return a function that serves an instrument here and keeps a record of its true output."""
    from contextlib import ExitStack

    with ExitStack() as served:
        yield lambda kind: served.enter_context(served_here(kind, record_output=True))


def long_protocol(seconds: float = 60.0) -> Protocol:
    """One level, so slow that every instrument can do it."""
    sequence = PulseSequence.pulse("10 mV", f"{seconds} s", before="1 s", after="1 s")
    return Protocol("hold", sequence, Sampling(0.1), Limits(voltage_V=0.1, current_A=1e-3))


def measuring(instrument: InProcess, folder: Path) -> RunInProgress:
    live = Bench(instrument.resource, folder).start(long_protocol())
    until(running_with(live, 3))
    assert instrument.output.is_on
    return live


def off_after(instrument: InProcess, moment_s: float) -> float:
    """Return how long after a moment the output went off."""
    until(lambda: not instrument.output.is_on)
    return instrument.output.edges[-1].at_s - moment_s


@pytest.mark.realtime  # a second from the death of a runner to the output off is what the guardian promises
@pytest.mark.parametrize("kind", SERIAL)
def test_a_killed_runner_on_a_serial_line_is_off_within_a_second(kind: str, recorded: Recorded, tmp_path: Path) -> None:
    instrument = recorded(kind)
    live = measuring(instrument, tmp_path)
    runner = runner_of(psutil.Process(live.guardian_pid))
    killed_s = time.monotonic()
    runner.kill()
    assert off_after(instrument, killed_s) < promised(1.0)
    outcome = live.wait()
    assert (outcome.state, outcome.output) == ("aborted", "off")
    assert OutputMarker(instrument.resource).read() is None


@pytest.mark.parametrize("kind", ["ec301", "keithley2602b", *SERIAL])
def test_a_runner_without_guardian_and_with_a_lost_link_opens_a_fresh_one(
    kind: str, recorded: Recorded, tmp_path: Path
) -> None:
    instrument = recorded(kind)
    live = measuring(instrument, tmp_path)

    def lose_links() -> None:
        for channel in list(instrument.served.host.channels):
            channel.drop(reset=True)

    psutil.Process(live.guardian_pid).kill()
    if kind not in SERIAL:  # a line has no connection that could be lost
        instrument.do(lose_links)
    until(lambda: not instrument.output.is_on)
    outcome = live.wait()
    assert outcome.output == "off"
    assert open_run(live.path).state in {"stopped", "aborted"}
    assert OutputMarker(instrument.resource).read() is None


def test_recover_after_both_processes_died_switches_off(recorded: Recorded, tmp_path: Path) -> None:
    instrument = recorded("ec301")
    live = measuring(instrument, tmp_path)
    kill_both(live)
    held_on = instrument.output.is_on
    assert held_on, "an EC301 holds its last level"
    assert list(unconfirmed_outputs(tmp_path)) == [live.path]
    found = recover(live.path)
    assert not instrument.output.is_on
    assert (found.state, found.output_problem) == ("aborted", "")
    assert unconfirmed_outputs(tmp_path) == {}
    assert live.wait().output == "off"


def test_the_next_run_switches_off_first_and_then_measures(recorded: Recorded, tmp_path: Path) -> None:
    instrument = recorded("ec301")
    live = measuring(instrument, tmp_path)
    kill_both(live)
    assert instrument.output.is_on
    run = Bench(instrument.resource, tmp_path / "next").run(long_protocol(1.0))
    assert run.state == "complete"
    states = [edge.on for edge in instrument.output.edges]
    assert states == [True, False, True, False], "off before the next run switches on"
    assert unconfirmed_outputs(tmp_path) == {}
    assert recover(live.path).output_problem == ""
    assert live.wait().output == "off"


def kill_both(live: RunInProgress) -> None:
    guardian = psutil.Process(live.guardian_pid)
    processes = [guardian, *guardian.children()]
    for process in processes:
        process.suspend()  # so that none sees the others die
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # Windows ends the second with the first
            process.kill()
    psutil.wait_procs(processes, timeout=patience(5))


def test_a_run_where_an_earlier_output_may_be_on_is_refused_with_exit_4(tmp_path: Path) -> None:
    nobody = "TCPIP::127.0.0.1::9::SOCKET"  # the port of `discard`, on which nothing listens
    OutputMarker(nobody).write("ec301", tmp_path / "earlier.nxs")
    command = [sys.executable, "-m", "ionecho", "run", "pump_probe", "-r", nobody, "-o", str(tmp_path / "r.nxs")]
    done = subprocess.run(
        [*command, "--json"], capture_output=True, encoding="utf-8", timeout=patience(60), check=False
    )
    assert done.returncode == 4
    error = json.loads(done.stdout)["error"]
    assert error["kind"] == "output_unknown"
    assert "earlier.nxs may have left the output on" in error["message"]
    assert "Pull out the CELL switch" in error["message"]
    assert not (tmp_path / "r.nxs").exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", POTENTIOSTATS)
def test_a_search_beside_a_run_disturbs_nothing(
    kind: str, recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    instrument = recorded(kind)
    # Longer than a search takes on the slowest machine.
    live = Bench(instrument.resource, tmp_path).start(long_protocol(600.0))
    until(running_with(live, 3))
    clients = len(instrument.served.host.channels)
    # By this process, which has nothing of the run's: its guardian and runner hold the instrument.
    assert command("discover", instrument.resource, "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)["instruments"]
    assert found["in_use"] is True
    assert str(live.path) in found["problem"]
    assert len(instrument.served.host.channels) <= clients, "nobody connected"
    until(running_with(live, open_run(live.path).n_samples + 3))
    live.stop()
    outcome = live.wait()
    assert (outcome.state, outcome.output) == ("stopped", "off")
    assert [edge.on for edge in instrument.output.edges] == [True, False]


def test_programs_with_different_folders_for_temporary_files_do_not_collide(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IONECHO_LOCKS")
    instrument = recorded("keithley2602b")
    outcomes = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv("TMPDIR", str(tmp_path / name))
        # The first run is still going on when the second asks, however slowly processes start here.
        outcomes.append(Bench(instrument.resource, tmp_path).start(long_protocol(600.0), tmp_path / f"{name}.nxs"))
        if name == "one":
            until(running_with(outcomes[0], 3))
    second = outcomes[1].wait()
    assert (second.state, second.output) == ("refused", "untouched")
    assert "one.nxs" in second.reason
    until(running_with(outcomes[0], open_run(outcomes[0].path).n_samples + 3))
    outcomes[0].stop()
    first = outcomes[0].wait()
    assert (first.state, first.output) == ("stopped", "off")
