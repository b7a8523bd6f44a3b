"""A run whose processes die or freeze: the window switches its output off, and says what it did.

The true output is read inside the simulated instrument.
"""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil
import pytest

from daq import open_run
from daq.execution.control_file import read_control_file
from protocols import Limits, Protocol, PulseSequence, Sampling
from sim_instruments.serving.in_process import InProcess, served_here
from tests.gui.window_operator import RUN_ENDS_MS, SIMULATOR_STARTS_MS
from tests.patience import patience

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from pathlib import Path

    from tests.gui.window_operator import Operator

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="freezes and kills processes by signals"),
]


@pytest.fixture
def instrument() -> Iterator[InProcess]:
    with served_here("keithley2461", record_output=True) as served:
        yield served


@pytest.fixture
def running(operator: Operator, instrument: InProcess, tmp_path: Path) -> tuple[Operator, list[psutil.Process]]:
    """Somebody at a window whose run of a minute has begun, with its guardian and its runner."""
    sequence = PulseSequence.pulse("10 mV", "60 s", before="200 ms", after="200 ms")
    protocol = Protocol("hold", sequence, Sampling(0.01), Limits(voltage_V=0.1, current_A=1e-3))
    file = tmp_path / "hold.toml"
    file.write_text(protocol.to_toml())
    operator.connect(instrument.resource)
    operator.protocols.open_file(file)
    operator.wait(operator.button("runButton").isEnabled)
    operator.click("runButton")
    operator.wait(lambda: operator.text("headline") == "Running", RUN_ENDS_MS)
    operator.wait(lambda: operator.text("nowSamples") not in {"–", "0"}, RUN_ENDS_MS)
    run = operator.window.store.state.run
    assert run is not None
    assert run.path is not None
    control = read_control_file(run.path)
    assert control.runner is not None
    return operator, [psutil.Process(control.guardian.pid), psutil.Process(control.runner.pid)]


def act(instrument: InProcess, coroutine: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run a coroutine in the instrument's own loop."""
    done = threading.Event()
    instrument.do(lambda: asyncio.ensure_future(coroutine()).add_done_callback(lambda _: done.set()))
    assert done.wait(patience(10))


@contextmanager
def unreachable(instrument: InProcess) -> Iterator[None]:
    """Take an instrument off the network; what it does to the cell continues."""
    served, port = instrument.served, int(instrument.resource.split("::")[2])
    act(instrument, served.close)
    yield
    served.transports.clear()
    act(instrument, lambda: served.open("socket", port))


def is_on(instrument: InProcess) -> bool:
    return instrument.output.is_on


def assert_off_and_told(operator: Operator, instrument: InProcess) -> None:
    operator.wait(lambda: operator.window.store.state.run_in_progress is None, RUN_ENDS_MS)
    assert not is_on(instrument)
    assert "output off" in operator.text("detail")
    assert operator.text("outputBadge").startswith("OUTPUT OFF since ")
    assert not operator.is_visible("warning")
    run = operator.window.store.state.run
    assert run is not None
    assert run.path is not None
    outcome = open_run(run.path).recorded_outcome()
    assert outcome is not None
    assert outcome.output == "off"


def test_when_both_processes_of_a_run_are_killed_the_window_switches_off(
    running: tuple[Operator, list[psutil.Process]], instrument: InProcess
) -> None:
    operator, processes = running
    assert is_on(instrument)
    for process in processes:
        process.kill()
    assert_off_and_told(operator, instrument)
    assert "read back as off" in operator.text("messageText")


@pytest.mark.parametrize("whom", ["guardian", "both"])
def test_stop_ends_a_run_whose_processes_are_frozen(
    running: tuple[Operator, list[psutil.Process]], instrument: InProcess, whom: str
) -> None:
    operator, processes = running
    frozen = processes if whom == "both" else processes[:1]
    try:
        for process in frozen:
            process.suspend()
        operator.click("stopButton")
        assert_off_and_told(operator, instrument)
    finally:
        for process in frozen:
            with suppress(psutil.Error):
                process.resume()


def test_an_instrument_that_nobody_reaches_keeps_the_alarm_until_stop_reads_it_back(
    running: tuple[Operator, list[psutil.Process]], instrument: InProcess
) -> None:
    operator, processes = running
    for process in processes:
        process.suspend()
    with unreachable(instrument):
        for process in processes:
            process.kill()
        operator.wait(lambda: operator.is_visible("warning"), SIMULATOR_STARTS_MS)
        assert operator.text("outputBadge").startswith("OUTPUT UNKNOWN since ")
        operator.wait(lambda: operator.button("stopButton").text() == "Switch off", SIMULATOR_STARTS_MS)
        assert is_on(instrument)
    operator.click("stopButton")
    operator.wait(lambda: not operator.is_visible("warning"), SIMULATOR_STARTS_MS)
    assert not is_on(instrument)
    assert operator.text("outputBadge").startswith("OUTPUT OFF since ")
