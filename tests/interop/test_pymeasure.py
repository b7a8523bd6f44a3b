"""Does a public client that knows nothing of this project work with the simulated Keithley?"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def resource() -> Iterator[str]:
    command = [sys.executable, "-m", "sim_instruments", "keithley2461", "--json", "--cell", "resistor"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["resource"]
        process.terminate()
        assert process.wait(10) == 0


@pytest.mark.filterwarnings("ignore::FutureWarning:pymeasure.*")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:pymeasure.*")
def test_pymeasure_sources_10_mV_into_10_kohm_and_reads_1_uA(resource: str) -> None:
    from pymeasure.instruments.keithley import Keithley2450

    meter = Keithley2450(resource, visa_library="@py", read_termination="\n", write_termination="\n")
    try:
        assert meter.id.startswith("KEITHLEY INSTRUMENTS,MODEL 2461")
        meter.reset()
        meter.apply_voltage(compliance_current=1e-3)
        meter.measure_current(nplc=1, current=1e-5, auto_range=True)
        meter.source_voltage = 0.01
        meter.enable_source()
        assert meter.source_enabled
        # 10 mV across 10 kohm; the reading's noise is below 0.01 % of the 10 uA range.
        assert meter.current == pytest.approx(1e-6, rel=1e-3)
        meter.measure_voltage()
        assert meter.voltage == pytest.approx(0.01, abs=1e-5)
        meter.shutdown()
        assert not meter.source_enabled
        assert meter.next_error[0] == 0
    finally:
        meter.adapter.connection.close()
