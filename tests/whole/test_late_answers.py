"""An instrument that answers late loses no run while its program runs on; one that answers no more ends it, safely."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from daq import Bench, RunInProgress
from protocols import Limits, Protocol, PulseSequence, Sampling
from sim_instruments.serving.in_process import InProcess, served_here
from sim_instruments.serving.injected_faults import Fault
from tests.patience import until
from tests.whole.conftest import running_with

pytestmark = pytest.mark.waits


@pytest.fixture
def instrument() -> Iterator[InProcess]:
    with served_here("keithley2461", record_output=True) as served:
        yield served


def started(instrument: InProcess, folder: Path, seconds: float) -> RunInProgress:
    """Start a pulse and return it as soon as it has samples."""
    sequence = PulseSequence.pulse("10 mV", f"{seconds} s", before="200 ms", after="200 ms")
    protocol = Protocol("hold", sequence, Sampling(0.001), Limits(voltage_V=0.1, current_A=1e-3))
    live = Bench(instrument.resource, folder).start(protocol)
    until(running_with(live, 50))
    return live


def inject(instrument: InProcess, fault: str) -> None:
    instrument.do(lambda: instrument.served.host.faults.add(Fault.parse(fault)))


def test_an_answer_that_is_late_while_the_program_runs_costs_no_sample_and_is_told(
    instrument: InProcess, tmp_path: Path
) -> None:
    live = started(instrument, tmp_path, 3.0)
    inject(instrument, "late=2.5s@command=TRAC:ACT")
    outcome = live.wait()
    assert (outcome.state, outcome.output, outcome.n_samples) == ("complete", "off", 3400), outcome
    assert any("came late" in warning for warning in outcome.warnings)


def test_an_instrument_that_answers_no_more_ends_the_run_for_a_named_reason_with_its_output_off(
    instrument: InProcess, tmp_path: Path
) -> None:
    live = started(instrument, tmp_path, 600.0)
    inject(instrument, "stall@command=TRAC:ACT")
    outcome = live.wait()
    assert (outcome.state, outcome.output) == ("aborted", "off"), outcome
    assert "no answer within" in outcome.reason
    assert not instrument.output.is_on


def test_a_stop_does_not_wait_for_an_instrument_that_is_late(instrument: InProcess, tmp_path: Path) -> None:
    live = started(instrument, tmp_path, 600.0)
    inject(instrument, "stall@command=TRAC:ACT")
    until(lambda: not instrument.served.host.faults.waiting)
    outcome = live.stop_and_wait()
    assert (outcome.state, outcome.output) == ("stopped", "off"), outcome
    assert outcome.reason == "stopped by the operator"
    assert not instrument.output.is_on
