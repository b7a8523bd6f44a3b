"""Do all members of public classes that know nothing of this project work with the simulated Keithleys?"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.patience import patience

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning:pymeasure.*"),
    pytest.mark.filterwarnings("ignore:Deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pymeasure.*"),
    pytest.mark.waits,
]
OHM = 10_000.0


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ramps of 30 steps pause at each; the simulator needs next to none."""
    sleep = time.sleep
    monkeypatch.setattr("time.sleep", lambda pause_s: sleep(min(pause_s, 0.002)))


@contextmanager
def served(kind: str) -> Iterator[str]:
    command = [sys.executable, "-m", "sim_instruments", kind, "--json", "--cell", "resistor", "--speed", "20"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["resource"]
        process.terminate()
        assert process.wait(patience(10)) == 0


@contextmanager
def opened(driver: Any, resource: str) -> Iterator[Any]:
    meter = driver(
        resource, visa_library="@py", timeout=patience(2) * 1000, read_termination="\n", write_termination="\n"
    )
    try:
        yield meter
        assert meter.next_error[0] == 0
    finally:
        meter.adapter.connection.close()


@pytest.fixture(scope="module", params=["keithley2450", "keithley2460", "keithley2461"])
def touch(request: pytest.FixtureRequest) -> Iterator[str]:
    with served(request.param) as resource:
        yield resource


@pytest.fixture
def k2450(touch: str) -> Iterator[Any]:
    from pymeasure.instruments.keithley import Keithley2450

    with opened(Keithley2450, touch) as meter:
        meter.reset()
        yield meter


@pytest.fixture(scope="module")
def classic() -> Iterator[str]:
    with served("keithley2400") as resource:
        yield resource


@pytest.fixture
def k2400(classic: str) -> Iterator[Any]:
    from pymeasure.instruments.keithley import Keithley2400

    with opened(Keithley2400, classic) as meter:
        meter.reset()
        yield meter


def set_and_read_back(meter: Any, settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        setattr(meter, name, value)
        got = getattr(meter, name)
        assert got == (value if isinstance(value, str | bool) else pytest.approx(value)), name
        assert meter.check_errors() == [], name


def test_2450_sources_voltage_and_measures_current_voltage_and_resistance(k2450: Any) -> None:
    assert k2450.id.startswith("KEITHLEY INSTRUMENTS,MODEL 24")
    k2450.apply_voltage(compliance_current=1e-3)
    k2450.measure_current(nplc=1, current=1e-5, auto_range=True)
    k2450.source_voltage = 0.01
    k2450.enable_source()
    assert k2450.source_enabled
    # 10 mV across 10 kohm; the reading's noise is below 0.01 % of the 10 uA range.
    assert k2450.current == pytest.approx(1e-6, rel=1e-3)
    k2450.measure_voltage()
    assert k2450.voltage == pytest.approx(0.01, abs=1e-5)
    k2450.ramp_to_voltage(0.1, steps=5, pause=0)
    k2450.measure_resistance()
    assert k2450.resistance == pytest.approx(OHM, rel=1e-3)
    k2450.shutdown()
    assert not k2450.source_enabled
    assert k2450.source_voltage == 0.0


def test_2450_sources_current_and_its_compliance_holds_the_voltage(k2450: Any) -> None:
    k2450.apply_current(compliance_voltage=2.0)
    k2450.measure_voltage(nplc=0.1)
    k2450.enable_source()
    k2450.ramp_to_current(1e-5, steps=5, pause=0)
    assert k2450.source_current == pytest.approx(1e-5)
    assert k2450.voltage == pytest.approx(0.1, rel=1e-3)
    k2450.source_current = 1e-3  # wants 10 V
    assert k2450.voltage == pytest.approx(2.0, rel=1e-3)
    k2450.shutdown()
    assert not k2450.source_enabled


def test_2450_every_setting_is_kept(k2450: Any) -> None:
    set_and_read_back(
        k2450,
        {
            "source_mode": "voltage",
            "current_range": 1e-3,
            "current_nplc": 0.5,
            "compliance_current": 1e-2,
            "source_voltage_range": 2.0,
            "source_voltage": 1.5,
            "source_voltage_delay": 0.25,
            "source_voltage_delay_auto": True,
            "voltage_range": 20.0,
            "voltage_nplc": 2.0,
            "resistance_range": 2e5,
            "resistance_nplc": 1.0,
            "wires": 4,
            "buffer_points": 1000,
            "current_filter_type": "MOV",
            "current_filter_count": 20,
            "voltage_filter_type": "REP",
            "voltage_filter_count": 5,
            "current_output_off_state": "ZERO",
            "voltage_output_off_state": "HIMP",
            "compliance_voltage": 5.0,
            "source_current_range": 1e-3,
            "source_current": 5e-4,
            "source_current_delay": 0.1,
            "source_current_delay_auto": True,
        },
    )


def test_2450_its_remaining_members(k2450: Any) -> None:
    k2450.current_filter_state = "ON"
    assert k2450.current_filter_state == 1
    k2450.current_filter_state = "OFF"
    k2450.auto_range_source()
    k2450.measure_current(auto_range=False, current=1e-4)
    assert k2450.current_range == pytest.approx(1e-4)
    k2450.use_rear_terminals()
    k2450.use_front_terminals()
    k2450.beep(400, 0.1)
    k2450.triad(400, 0.001)
    k2450.apply_voltage(voltage_range=0.2, compliance_current=1e-3)
    k2450.enable_source()
    assert [float(k2450.current) for _ in range(4)] == pytest.approx([0.0] * 4, abs=1e-8)
    for statistic in ("means", "maximums", "minimums", "standard_devs"):
        assert abs(getattr(k2450, statistic)) < 1e-8
    # A trigger counts where the trigger model waits for one.
    k2450.write(':TRIG:LOAD "Empty";:TRIG:BLOC:WAIT 1, COMM;:INIT')
    k2450.trigger()
    assert k2450.complete == "1"
    assert int(k2450.status) & 4 == 0, "no error is queued"
    k2450.start_buffer()
    k2450.stop_buffer()
    k2450.clear()
    k2450.shutdown()


def test_2400_sources_voltage_and_measures_all(k2400: Any) -> None:
    assert "MODEL 2400" in k2400.id
    k2400.source_mode = "voltage"
    k2400.compliance_current = 1e-3
    k2400.enable_source()
    k2400.ramp_to_voltage(0.1, steps=5, pause=0)
    assert k2400.current == pytest.approx(1e-5, rel=1e-3)
    assert k2400.voltage == pytest.approx(0.1, rel=1e-3)
    everything = k2400.measure_all()
    assert everything["voltage"] == pytest.approx(0.1, rel=1e-3)
    assert everything["current"] == pytest.approx(1e-5, rel=1e-3)
    assert everything["resistance"] == pytest.approx(OHM, rel=1e-3)
    assert everything["status"] & 1 << 14, "the voltage source was used"
    k2400.shutdown()
    assert not k2400.source_enabled


def test_2400_sources_current_and_measures_resistance(k2400: Any) -> None:
    k2400.source_mode = "current"
    k2400.compliance_voltage = 2.0
    k2400.enable_source()
    k2400.ramp_to_current(1e-5, steps=5, pause=0)
    assert k2400.voltage == pytest.approx(0.1, rel=1e-3)
    k2400.source_current = 1e-3
    assert k2400.voltage == pytest.approx(2.0, rel=1e-3)
    assert k2400.measure_all()["status"] & 1 << 3, "in compliance"
    assert k2400.resistance_mode_auto_enabled is False
    k2400.resistance_mode_auto_enabled = True
    assert k2400.resistance == pytest.approx(OHM, rel=1e-2)
    k2400.shutdown()


def test_2400_every_setting_is_kept(k2400: Any) -> None:
    settings = {
        "source_mode": "voltage",
        "source_delay": 0.1,
        "source_delay_auto_enabled": True,
        "source_delay_auto": False,
        "auto_zero_enabled": False,
        "auto_zero": True,
        "output_off_state": "HIMP",
        "auto_output_off_enabled": True,
        "auto_output_off": False,
        "filter_enabled": True,
        "filter_state": "OFF",
        "repeat_filter_enabled": False,
        "filter_type": "REP",
        "filter_count": 7,
        "current_range": 1e-3,
        "current_range_auto_enabled": True,
        "current_nplc": 0.5,
        "voltage_nplc": 0.6,
        "resistance_nplc": 0.7,
        "compliance_current": 2e-3,
        "compliance_voltage": 3.0,
        "source_current": 1e-4,
        "source_current_range": 1e-3,
        "source_current_range_auto_enabled": True,
        "source_voltage": 0.5,
        "source_voltage_range": 2.0,
        "source_voltage_range_auto_enabled": True,
        "voltage_range": 20.0,
        "voltage_range_auto_enabled": True,
        "resistance_mode_auto_enabled": False,
        "resistance_range": 2e4,
        "resistance_range_auto_enabled": True,
        "buffer_points": 64,
        "trigger_count": 10,
        "arm_count": 20,
        "trigger_delay": 0.5,
        "arm_timer": 0.25,
        "trigger_source": "trigger_link",
        "arm_source": "manual",
        "trigger_output_event": "delay",
        "arm_output_event": "trigger_exit",
        "trigger_input_line": 3,
        "arm_input_line": 4,
        "trigger_output_line": 1,
        "arm_output_line": 2,
        "display_enabled": False,
        "wires": 4,
        "line_frequency": 50,
        "line_frequency_auto_enabled": True,
        "line_frequency_auto": True,
        "front_terminals_enabled": False,
    }
    for name, value in settings.items():
        setattr(k2400, name, value)
        got = getattr(k2400, name)
        expected = {"filter_state": 0.0, "output_off_state": "disconnected"}.get(name, value)
        assert got == (expected if isinstance(expected, str | bool) else pytest.approx(expected)), name
        assert k2400.check_errors() == [], name


def test_2400_fills_its_buffer_and_gives_its_statistics(k2400: Any) -> None:
    k2400.source_mode = "voltage"
    k2400.source_voltage = 0.1
    k2400.compliance_current = 1e-3
    k2400.resistance_mode_auto_enabled = False
    k2400.write(":SENS:FUNC:ALL")
    k2400.config_buffer(points=8, delay=0)
    k2400.enable_source()
    assert not k2400.is_buffer_full()
    k2400.start_buffer()
    k2400.wait_for_buffer(timeout=patience(10), interval=0.01)
    assert k2400.is_buffer_full()
    voltage, current, resistance, times, _ = k2400.buffer_data.reshape(8, 5).T
    assert voltage == pytest.approx([0.1] * 8, rel=1e-3)
    assert current == pytest.approx([1e-5] * 8, rel=1e-3)
    assert resistance == pytest.approx([OHM] * 8, rel=1e-3)
    assert times[0] == 0.0
    assert (times[1:] > times[:-1]).all()
    for name, true in (("voltage", 0.1), ("current", 1e-5), ("resistance", OHM)):
        for statistic in ("mean", "max", "min"):
            assert getattr(k2400, f"{statistic}_{name}") == pytest.approx(true, rel=1e-3)
        assert 0.0 < getattr(k2400, f"std_{name}") < 1e-3 * true
    k2400.reset_buffer()
    k2400.stop_buffer()
    k2400.disable_buffer()
    k2400.shutdown()


def test_2400_waits_for_a_bus_trigger(k2400: Any) -> None:
    k2400.source_voltage = 0.1
    k2400.enable_source()
    k2400.trigger_on_bus()
    k2400.start_buffer()
    k2400.trigger()
    assert k2400.complete == "1"
    assert k2400.values(":FETC?")[1] == pytest.approx(1e-5, rel=1e-3)
    k2400.trigger_immediately()
    k2400.clear_trigger()
    k2400.reset_trigger()
    k2400.shutdown()


def test_2400_its_remaining_members(k2400: Any) -> None:
    k2400.reset_data_format()
    k2400.auto_zero_once()
    k2400.auto_zero = "ONCE"
    k2400.auto_range_source()
    k2400.apply_current(current_range=1e-3, compliance_voltage=1.0)
    k2400.apply_voltage(voltage_range=0.2, compliance_current=1e-3)
    k2400.measure_current(auto_range=False, current=1e-4)
    k2400.measure_voltage(nplc=0.1)
    k2400.measure_resistance(auto_range=False, resistance=2e4)
    k2400.sample_continuously()
    k2400.set_trigger_counts(2, 3)
    assert (k2400.arm_count, k2400.trigger_count) == (2, 3)
    k2400.set_timed_arm(0.1)
    assert k2400.arm_source == "timer"
    k2400.trigger_on_external(2)
    k2400.output_trigger_on_external(line=3)
    k2400.disable_output_trigger()
    k2400.disable_output_triggers()
    k2400.use_rear_terminals()
    k2400.use_front_terminals()
    k2400.beep(400, 0.1)
    k2400.triad(400, 0.001)
    assert not math.isnan(float(k2400.options))
    assert int(k2400.status) & 4 == 0
    k2400.disable_source()
