"""Do the instruments of qcodes, which know nothing of this project, work with the simulated Keithleys?

The group `interop` brings qcodes; without it these tests are skipped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.patience import patience

if TYPE_CHECKING:
    from collections.abc import Iterator

keithley: Any = pytest.importorskip("qcodes.instrument_drivers.Keithley", reason="qcodes is not installed")

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
OHM = 10_000.0


def opened(kind: str, driver: Any) -> Iterator[Any]:
    from ionecho.demo.run_demo import simulated_instrument

    with simulated_instrument(kind, 1, 20.0, "resistor") as resource:
        meter = driver("smu", resource, visalib="@py", timeout=patience(10))
        yield meter
        meter.close()


@pytest.fixture
def k2450() -> Iterator[Any]:
    yield from opened("keithley2450", keithley.Keithley2450)


@pytest.fixture
def k2602() -> Iterator[Any]:
    yield from opened("keithley2602b", keithley.Keithley2602B)


def test_a_2450_with_buffers_and_a_sweep(k2450: Any) -> None:
    assert k2450.get_idn()["model"] == "2450"
    k2450.reset()
    k2450.source_function("voltage")
    k2450.sense_function("current")
    k2450.source.limit(1e-3)
    k2450.source.voltage(0.5)
    k2450.sense.range(1e-3)
    k2450.sense.nplc(0.1)
    with k2450.output_enabled.set_to(True):
        assert k2450.sense.current() == pytest.approx(0.5 / OHM, rel=1e-2)
    k2450.output_enabled(True)
    k2450.sense.count(5)
    with k2450.buffer(name="test", size=100) as buffer:  # sends a comma after the last parameter
        buffer.trigger_start()
        assert k2450.ask("*OPC?") == "1"
        assert buffer.size() == 100
        assert buffer.number_of_readings() == 5
        assert float(buffer.get_last_reading()) == pytest.approx(0.5 / OHM, rel=1e-2)
        buffer.elements(["relative_time", "measurement"])
        values = [float(text) for text in buffer.get_data(1, 5)]
        np.testing.assert_allclose(values[1::2], 0.5 / OHM, rtol=1e-2)
        assert min(np.diff(values[::2])) > 0
    k2450.sense.count(1)
    k2450.source.sweep_setup(0, 0.5, 11, delay=1e-3)
    np.testing.assert_allclose(k2450.sense.sweep(), np.linspace(0, 0.5, 11) / OHM, atol=5e-8)
    assert k2450.ask(":OUTP?") == "0"
    assert k2450.ask(":SYST:ERR?").startswith("0,")


def test_a_2602b_with_fast_sweeps_in_one_and_two_dimensions(k2602: Any) -> None:
    from qcodes.dataset import LinSweep

    assert k2602.get_idn()["model"] == "2602B"
    a, b = k2602.smua, k2602.smub
    for channel in (a, b):
        channel.reset()
        channel.nplc(0.05)
        channel.mode("voltage")
    a.sourcerange_v(1)
    a.measurerange_i(1e-3)
    a.limiti(0.01)
    a.volt(0.5)
    a.output("on")
    b.output("on")
    assert a.curr() == pytest.approx(0.5 / OHM, abs=4e-7)
    assert a.res() == pytest.approx(OHM, rel=1e-2)
    a.setup_fastsweep(LinSweep(a.volt, 0, 0.5, 11, 1e-3))
    np.testing.assert_allclose(a.fastsweep(), np.linspace(0, 0.5, 11) / OHM, atol=4e-7)
    a.setup_fastsweep(LinSweep(a.volt, 0, 0.5, 6, 1e-3), LinSweep(b.volt, 0, 0.2, 3, 1e-3))
    np.testing.assert_allclose(a.fastsweep(), [np.linspace(0, 0.5, 6) / OHM] * 3, atol=4e-7)
    a.timetrace_npts(20)
    a.timetrace_dt(0.01)
    a.timetrace_mode("current")
    assert a.timetrace().shape == (20,)
    k2602.display_settext("hello")
    k2602.display_normal()
    k2602.exit_key()
    k2602.snapshot(update=True)
    assert float(k2602.ask("errorqueue.count")) == 0.0
