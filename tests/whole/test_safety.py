"""Whichever process dies, the output goes off and everything that was measured is on disk."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import psutil
import pytest

from daq import Bench, attach, open_run, recover, runs_in_progress
from protocols import LimitError, Limits, OutputStateUnknown, Protocol, RunFileError
from tests.interrupts import interrupt, start_interruptible
from tests.patience import patience, promised, slowed, until
from tests.whole.conftest import asked, runner_of, running_with

pytestmark = pytest.mark.waits

Simulated = Callable[..., str]


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """A shell's background jobs ignore Ctrl-C, and so would all their children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.realtime  # a second from death to output off is what the guardian promises
def test_runner_death_turns_output_off_within_a_second(simulated: Simulated, tmp_path: Path) -> None:
    resource = simulated(speed=slowed(0.5))
    live = Bench(resource, tmp_path).start(Protocol.load("pump_probe"))
    until(running_with(live, 20_000))
    assert asked(resource, ":OUTP?") == "1"
    acknowledged = live.poll().n_samples
    runner_of(psutil.Process(live.guardian_pid)).kill()
    took_s = until(lambda: asked(resource, ":OUTP?") == "0")
    assert took_s < promised(1.0)
    outcome = live.wait()
    assert (outcome.state, outcome.output) == ("aborted", "off")
    killer = "" if sys.platform == "win32" else " (killed by SIGKILL)"  # Windows has no signals
    assert f"ended unexpectedly while measuring{killer};" in outcome.reason
    with h5py.File(live.path, "r") as file:
        assert file["entry/data/current"].shape == (200_000,), "the file lies there as it was made"
        assert file["entry/state"][()] == b"aborted"
    run = open_run(live.path)
    assert acknowledged <= run.n_samples < 200_000
    assert run.verify().bad_blocks == ()
    recovered = recover(live.path)
    assert recovered.trimmed_from == 200_000
    with h5py.File(live.path, "r") as file:
        assert file["entry/data/current"].shape == (run.n_samples,)


def test_a_silent_runner_is_taken_over(simulated: Simulated, tmp_path: Path) -> None:
    resource = simulated(speed=0.2)
    live = Bench(resource, tmp_path).start(Protocol.load("pump_probe"))
    until(running_with(live, 5_000))
    runner_of(psutil.Process(live.guardian_pid)).suspend()
    outcome = live.wait()
    assert (outcome.state, outcome.output) == ("aborted", "off")
    assert "silent" in outcome.reason
    assert asked(resource, ":OUTP?") == "0"


def test_guardian_death_lets_the_runner_stop_safely(simulated: Simulated, tmp_path: Path) -> None:
    resource = simulated(speed=slowed(0.5))
    live = Bench(resource, tmp_path).start(Protocol.load("pump_probe"))
    until(running_with(live, 20_000))
    psutil.Process(live.guardian_pid).kill()
    until(lambda: asked(resource, ":OUTP?") == "0")
    outcome = live.wait()
    assert (outcome.state, outcome.output) == ("stopped", "off")
    assert "no run continues without a guardian" in outcome.reason
    run = open_run(live.path)
    assert run.state == "stopped"
    assert 20_000 <= run.n_samples == run.n_planned < 200_000


def test_a_front_end_that_dies_leaves_the_run_to_its_end(simulated: Simulated, tmp_path: Path) -> None:
    resource = simulated(speed=slowed(0.5))
    script = (
        "import sys, time; from ionecho import Bench, Protocol\n"
        f"live = Bench({resource!r}, {str(tmp_path)!r}).start(Protocol.load('pump_probe'))\n"
        "print(live.path, flush=True); time.sleep(60)"
    )
    front = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, encoding="utf-8")
    assert front.stdout is not None
    path = Path(front.stdout.readline().strip())
    until(lambda: runs_in_progress(tmp_path) == [path])
    front.kill()
    front.wait()
    front.stdout.close()
    until(path.exists)
    with pytest.raises(RunFileError, match="is still running"):
        recover(path)
    outcome = attach(path).wait()
    assert (outcome.state, outcome.output, outcome.n_samples) == ("complete", "off", 200_000)
    assert asked(resource, ":OUTP?") == "0"
    until(lambda: runs_in_progress(tmp_path) == [])


def test_ctrl_c_stops_safely_keeps_the_partial_run_and_exits_with_3(simulated: Simulated, tmp_path: Path) -> None:
    resource = simulated(speed=slowed(0.5))
    path = tmp_path / "partial.nxs"
    command = [sys.executable, "-m", "ionecho", "run", "pump_probe", "-r", resource, "-o", str(path), "--json"]
    process = start_interruptible(command, stdout=subprocess.PIPE, encoding="utf-8")
    until(lambda: path.exists() and open_run(path).n_samples > 20_000)
    interrupt(process)
    output, _ = process.communicate(timeout=patience(30))
    assert process.returncode == 3
    assert json.loads(output)["state"] == "stopped"
    assert asked(resource, ":OUTP?") == "0"
    run = open_run(path)
    assert run.state == "stopped"
    assert 20_000 < run.n_samples < 200_000
    assert not path.stat().st_mode & stat.S_IWUSR


def test_a_second_ctrl_c_does_not_leave_the_run_going(simulated: Simulated, tmp_path: Path) -> None:
    resource = simulated(speed=slowed(0.5))
    path = tmp_path / "partial.nxs"
    command = [sys.executable, "-m", "ionecho", "run", "pump_probe", "-r", resource, "-o", str(path), "--json"]
    process = start_interruptible(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    until(lambda: path.exists() and open_run(path).n_samples > 5_000)
    interrupt(process)
    time.sleep(0.1)
    interrupt(process)
    output, _ = process.communicate(timeout=patience(30))
    assert process.returncode == 3
    assert json.loads(output)["output"] == "off"
    assert asked(resource, ":OUTP?") == "0"
    assert runs_in_progress(tmp_path) == []


def test_a_path_that_is_taken_is_refused_before_anything_starts(simulated: Simulated, tmp_path: Path) -> None:
    taken = tmp_path / "taken.nxs"
    taken.write_text("precious")
    with pytest.raises(RunFileError, match="Choose another name"):
        Bench(simulated(), tmp_path).start(Protocol.load("pump_probe"), taken)
    assert taken.read_text() == "precious"


def test_ctrl_c_in_the_demo_stops_its_run_too(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ionecho", "demo", "--speed", str(slowed(0.5)), "--folder", str(tmp_path)]
    process = start_interruptible(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: any(open_run(path).n_samples > 1000 for path in tmp_path.glob("*.nxs")))
    interrupt(process)
    assert process.wait(patience(30)) == 3
    (path,) = tmp_path.glob("*.nxs")
    run = open_run(path)
    assert run.state == "stopped"
    assert run.events[-1]["output"] == "off"


def test_abort_goes_through_the_guardians_own_session(simulated: Simulated, tmp_path: Path) -> None:
    resource = simulated(speed=slowed(0.5))
    live = Bench(resource, tmp_path).start(Protocol.load("pump_probe"))
    until(running_with(live, 20_000))
    live.abort()
    outcome = live.wait()
    assert outcome.output == "off"
    assert outcome.state in {"stopped", "aborted"}
    assert asked(resource, ":OUTP?") == "0"


def test_a_protocol_over_a_limit_is_refused_before_any_output(simulated: Simulated, tmp_path: Path) -> None:
    resource = simulated()
    with pytest.raises(LimitError, match=r"edge 2 of 5, at 50 ms, goes to 20 mV: over the voltage limit of 15 mV"):
        Bench(resource, tmp_path, Limits(voltage_V=0.015)).run(Protocol.load("pump_probe"))
    assert list(tmp_path.glob("*.nxs")) == []
    assert asked(resource, ":SOUR:CONF:LIST:CAT?;:OUTP?").endswith("0")


def test_a_limit_crossed_in_the_run_stops_it(simulated: Simulated, tmp_path: Path) -> None:
    resource = simulated("resistor")  # 20 mV on 10 kohm: 2 uA; 0.2 uC after 0.1 s
    limits = Limits(charge_C=0.2e-6)
    live = Bench(resource, tmp_path, limits).start(Protocol.load("pump_probe"))
    outcome = live.wait()
    assert (outcome.state, outcome.output, outcome.error) == ("stopped", "off", "LimitError")
    assert "charge 200" in outcome.reason
    assert asked(resource, ":OUTP?") == "0"
    run = open_run(live.path)
    assert run.t_s[-1] >= 0.15
    last = run.blocks[-1]
    assert run.t_s[int(last["first"])] <= 0.1501, "the block with the crossing is the last one"


def test_an_instrument_that_vanishes_is_an_unknown_output_and_says_press_the_key(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ionecho", "sim", "keithley2461", "--json", "--speed", str(slowed(0.5))]
    simulator = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
    assert simulator.stdout is not None
    resource = json.loads(simulator.stdout.readline())["resource"]
    simulator.stdout.close()
    live = Bench(resource, tmp_path).start(Protocol.load("pump_probe"))
    until(running_with(live, 10_000))
    simulator.kill()
    simulator.wait()
    outcome = live.wait()
    assert (outcome.state, outcome.output) == ("unknown", "unknown")
    with pytest.raises(OutputStateUnknown, match="Press the OUTPUT key"):
        outcome.raise_if_failed()
    assert open_run(live.path).n_samples >= 10_000


def test_nobody_at_the_address_is_a_clear_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ionecho", "run", "pump_probe", "-r", "TCPIP::127.0.0.1::9::SOCKET"]
    done = subprocess.run(
        [*command, "--folder", str(tmp_path)], capture_output=True, encoding="utf-8", timeout=patience(60), check=False
    )
    assert done.returncode == 1
    assert "nothing listens at that address" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_on_an_instrument_is_refused_and_the_first_is_not_disturbed(
    simulated: Simulated, tmp_path: Path
) -> None:
    resource = simulated("resistor", speed=slowed(0.3))
    # The first run lasts longer than the second takes to start on the slowest machine.
    protocol = Protocol.load("pump_probe").stretched(50.0)
    first = Bench(resource, tmp_path).start(protocol, tmp_path / "first.nxs")
    until(running_with(first, 500))
    second = Bench(resource.replace("TCPIP::", "tcpip0::"), tmp_path).start(Protocol.load("pump_probe"))
    refused = second.wait()
    assert (refused.state, refused.output) == ("refused", "untouched")
    assert f"in use by the run {first.path} (process {first.guardian_pid})" in refused.reason
    assert not second.path.exists()
    until(running_with(first, open_run(first.path).n_samples + 500))
    first.stop()
    outcome = first.wait()
    assert (outcome.state, outcome.output, outcome.reason) == ("stopped", "off", "stopped by the operator")
    assert outcome.n_samples > 1_000
    assert not open_run(first.path).status.any()


def test_an_output_switched_off_by_hand_fails_the_run_and_keeps_its_samples(
    simulated: Simulated, tmp_path: Path
) -> None:
    resource = simulated("resistor", speed=slowed(0.5))
    path = tmp_path / "partial.nxs"
    command = [sys.executable, "-m", "ionecho", "run", "pump_probe", "-r", resource, "-o", str(path), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    until(lambda: path.exists() and open_run(path).n_samples > 20_000)
    assert asked(resource, ":OUTP OFF;:OUTP?") == "0"
    output, errors = process.communicate(timeout=patience(30))
    assert process.returncode == 1
    assert "output was switched off at the instrument" in errors
    document = json.loads(output)
    assert (document["state"], document["output"]) == ("aborted", "off")
    assert 20_000 < open_run(path).n_samples == document["samples"] < 200_000
