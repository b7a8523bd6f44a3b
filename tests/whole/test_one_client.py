"""Instruments that serve one client, or jam on rapid connections: runs play, and whoever lives switches off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from daq import Bench
from daq.execution.output_marker import OutputMarker
from daq.execution.spare_session import open_spare
from drivers import VisaSession
from drivers.registry import probe
from protocols import Limits, Protocol, PulseSequence, Sampling
from sim_instruments.serving.in_process import InProcess, served_here
from sim_instruments.serving.transports.streams import Admission
from tests.patience import until
from tests.whole.conftest import runner_of, running_with

pytestmark = pytest.mark.waits

HOLD = Protocol(
    "hold",
    PulseSequence.pulse("10 mV", "60 s", before="1 s", after="1 s"),
    Sampling(0.1),
    Limits(voltage_V=0.1, current_A=1e-3),
)
Narrow = Callable[[str], InProcess]


@pytest.fixture
def narrow() -> Iterator[Narrow]:
    """Return a function that serves a 2602B to one client, and keeps a record of its true output."""
    with ExitStack() as served:
        yield lambda beyond: served.enter_context(
            served_here("keithley2602b", record_output=True, admission=Admission(1, beyond))
        )


@pytest.mark.parametrize("beyond", ["refuse", "block"])
def test_a_killed_runner_of_an_instrument_with_one_client_is_off_and_the_next_run_plays(
    beyond: str, narrow: Narrow, tmp_path: Path
) -> None:
    instrument = narrow(beyond)
    live = Bench(instrument.resource, tmp_path).start(HOLD)
    until(running_with(live, 3))
    assert instrument.output.is_on
    runner_of(psutil.Process(live.guardian_pid)).kill()
    until(lambda: not instrument.output.is_on)
    outcome = live.wait()
    assert (outcome.state, outcome.output) == ("aborted", "off")
    assert OutputMarker(instrument.resource).read() is None
    run = Bench(instrument.resource, tmp_path / "next").run(
        Protocol("short", PulseSequence.pulse(0.01, 0.3, before=0.1, after=0.1), Sampling(0.01), HOLD.limits)
    )
    assert run.state == "complete"


def test_a_guardian_that_dies_leaves_a_runner_that_switches_off_alone(narrow: Narrow, tmp_path: Path) -> None:
    instrument = narrow("refuse")
    live = Bench(instrument.resource, tmp_path).start(HOLD)
    until(running_with(live, 3))
    psutil.Process(live.guardian_pid).kill()
    until(lambda: not instrument.output.is_on)
    assert live.wait().output == "off"


@pytest.mark.parametrize("beyond", ["refuse", "block"])
def test_a_search_finds_an_instrument_with_one_client_while_nobody_has_it(beyond: str, narrow: Narrow) -> None:
    instrument = narrow(beyond)
    with VisaSession(instrument.resource):
        assert probe(instrument.resource).problem
    spare, driver = open_spare(instrument.resource, 1.0)
    assert (spare, driver) == (None, "keithley2602b")
    # The connection of before is gone for the instrument a moment after it is for us.
    until(lambda: probe(instrument.resource).driver == "keithley2602b")
    with served_here("keithley2602b") as other:
        kept, _ = open_spare(other.resource, 1.0)
        assert kept is not None
        kept.close()


@pytest.mark.realtime  # how soon after another a client comes is what jams
def test_a_run_and_its_guardian_live_with_an_ec301_that_jams_on_rapid_connections(tmp_path: Path) -> None:
    with served_here("ec301", record_output=True) as instrument:
        instrument.do(lambda: instrument.served.host.device.inject("reconnect-jam"))
        live = Bench(instrument.resource, tmp_path).start(HOLD)
        until(running_with(live, 3))
        runner_of(psutil.Process(live.guardian_pid)).kill()
        until(lambda: not instrument.output.is_on)
        assert live.wait().output == "off"
