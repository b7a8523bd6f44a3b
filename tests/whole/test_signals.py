"""Does `ionecho run` stop safely at SIGTERM as at Ctrl-C, and does its run go on when the terminal is closed?"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from daq import attach, open_run, runs_in_progress
from ionecho.commands.interrupts import stopping_signals
from tests.patience import patience, slowed, until
from tests.whole.conftest import asked

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither SIGTERM for others nor SIGHUP")

Simulated = Callable[..., str]


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """A shell's background jobs ignore some signals, and so would all their children."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGTERM, signal.SIGHUP)}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def started(resource: str, path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "ionecho", "run", "pump_probe", "-r", resource, "-o", str(path), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    until(lambda: path.exists() and open_run(path).n_samples > 20_000)
    assert asked(resource, ":OUTP?") == "1"
    return process


@pytest.mark.parametrize("repeats", [1, 3])
def test_sigterm_stops_safely_keeps_the_samples_and_exits_with_3(
    simulated: Simulated, tmp_path: Path, repeats: int
) -> None:
    resource = simulated(speed=slowed(0.3))
    path = tmp_path / "partial.nxs"
    process = started(resource, path)
    for _ in range(repeats):  # an impatient one
        process.terminate()
    output, errors = process.communicate(timeout=patience(30))
    assert process.returncode == 3, errors
    assert "Traceback" not in errors
    document = json.loads(output)
    assert (document["state"], document["output"]) == ("stopped", "off")
    assert document["error"]["exit_status"] == 3
    assert asked(resource, ":OUTP?") == "0"
    run = open_run(path)
    assert run.state == "stopped"
    assert 20_000 < run.n_samples < 200_000
    until(lambda: runs_in_progress(tmp_path) == [])


def test_a_closed_terminal_leaves_the_run_to_its_end(simulated: Simulated, tmp_path: Path) -> None:
    resource = simulated(speed=slowed(0.5))
    path = tmp_path / "whole.nxs"
    process = started(resource, path)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=patience(30))
    assert process.returncode == -signal.SIGHUP
    assert asked(resource, ":OUTP?") == "1"
    outcome = attach(path).wait()
    assert (outcome.state, outcome.output, outcome.n_samples) == ("complete", "off", 200_000)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_a_run_is_being_started_waits_until_it_can_be_stopped(number: int) -> None:
    with stopping_signals() as interrupts:
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)  # what starts a run is carried out to its end
        with pytest.raises(KeyboardInterrupt):
            interrupts.release()


def test_a_second_signal_does_not_interrupt_the_stop() -> None:
    stopped = False
    with stopping_signals() as interrupts:
        interrupts.release()
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            threading.Event().wait(patience(5))
        except KeyboardInterrupt:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)
            stopped = True
    assert stopped


def test_what_a_shell_lets_the_program_ignore_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with stopping_signals() as interrupts:
        interrupts.release()
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
