"""Does the package keithley2600, which reads its commands from the instrument, work with the simulated 2602B?

The group `interop` brings it; without it these tests are skipped.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

package: Any = pytest.importorskip("keithley2600", reason="keithley2600 is not installed")

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
OHM = 10_000.0


def test_it_finds_commands_and_sweeps_one_and_two_channels() -> None:
    from ionecho.demo.run_demo import simulated_instrument

    # Real time: the package looks every 0.1 s whether the sweep is running, and must see it run.
    with simulated_instrument("keithley2602b", 1, 1.0, "resistor") as resource:
        meter = package.Keithley2600(resource, visa_library="@py")
        assert meter.connected
        meter.apply_voltage(meter.smua, 0.5)
        assert meter.smua.measure.i() == pytest.approx(0.5 / OHM, rel=1e-3)
        meter.ramp_to_voltage(meter.smua, 0.1, delay=0.001, step_size=0.1)
        assert meter.smua.source.levelv == pytest.approx(0.1)
        levels = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
        for pulsed in (False, True):
            volts, amps = meter.voltage_sweep_single_smu(
                meter.smua, smu_sweeplist=levels, t_int=0.05, delay=0.001, pulsed=pulsed
            )
            np.testing.assert_allclose(volts, levels, atol=1e-4)
            np.testing.assert_allclose(amps, np.array(levels) / OHM, atol=2e-7)
        both = meter.voltage_sweep_dual_smu(
            meter.smua, meter.smub, levels, levels, t_int=0.05, delay=0.001, pulsed=False
        )
        assert [len(column) for column in both] == [6, 6, 6, 6]
        assert meter.errorqueue.count == 0
        meter.disconnect()
