"""Does pymeasure's Keithley2600, which knows nothing of this project, work with the simulated 2602B?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.patience import patience


@pytest.fixture(scope="module")
def resource() -> Iterator[str]:
    from ionecho.demo.run_demo import simulated_instrument

    with simulated_instrument("keithley2602b", 1, 10.0, "resistor") as served:
        yield served


@pytest.mark.filterwarnings("ignore::FutureWarning:pymeasure.*")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:pymeasure.*")
def test_pymeasure_sources_measures_ramps_and_shuts_down_without_an_error(resource: str) -> None:
    from pymeasure.instruments.keithley import Keithley2600

    meter = Keithley2600(
        resource,
        visa_library="@py",
        timeout=patience(2) * 1000,
        read_termination="\n",
        write_termination="\n",
    )
    try:
        assert meter.id.startswith("Keithley Instruments Inc., Model 2602B")
        a = meter.ChA
        a.apply_voltage(voltage_range=1.0, compliance_current=1e-3)
        assert (a.source_mode, a.source_voltage_range, a.compliance_current) == ("voltage", 1.0, 1e-3)
        a.measure_current(nplc=1, current=1e-5, auto_range=False)
        a.source_voltage = 0.01
        a.source_output = "ON"
        assert a.source_output == "ON"
        # 10 mV across 10 kohm; the 10 uA range is noisy to 31 nA over 17 ms.
        assert a.current == pytest.approx(1e-6, abs=160e-9)
        assert a.voltage == pytest.approx(0.01, abs=1e-4)
        assert a.wires_mode == "2"
        for level in (0.02, 0.03, 0.04):  # a sweep, as pymeasure makes one
            a.source_voltage = level
            assert a.current == pytest.approx(level / 1e4, abs=160e-9)
        a.ramp_to_voltage(0.05, steps=5, pause=0.001)
        assert a.source_voltage == pytest.approx(0.05)
        a.shutdown()
        assert a.source_output == "OFF"
        assert a.source_voltage == 0.0

        a.apply_current(compliance_voltage=0.5)
        a.measure_voltage(nplc=1)
        a.source_output = "ON"
        a.ramp_to_current(1e-5, steps=5, pause=0.001)
        assert a.voltage == pytest.approx(0.1, rel=1e-3)
        assert a.resistance == pytest.approx(1e4, rel=0.05)
        a.shutdown()
        assert a.source_output == "OFF"

        b = meter.ChB
        b.apply_voltage(compliance_current=1e-3)
        b.source_output = "ON"
        assert b.current == pytest.approx(0.0, abs=1e-9)  # nothing is connected to channel b
        b.source_output = "OFF"
        assert meter.next_error[0] == 0
    finally:
        meter.adapter.connection.close()
