"""Do the simulated 2450 and 2460 differ from the 2461 as their manuals say, and are they alike in the rest?"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim_instruments.core.instrument import DEVICE_FAULTS
from sim_instruments.keithley.k2450.models import Keithley2450, Keithley2460, Keithley2461
from sim_instruments.sample.cell import load_cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sim_instruments.conftest import Talk

MODELS = [Keithley2450, Keithley2460, Keithley2461]


@pytest.fixture
def talk(new_talk: Callable[..., Talk]) -> Talk:
    return new_talk(make=Keithley2450)


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (":SENS:CURR:RANG?", 1e-4),  # 2450-901-01 Rev. B, p. 6-53
        (":SENS:VOLT:RANG?", 20.0),
        (":SENS:RES:RANG?", 2e5),
        (":SOUR:VOLT:ILIM?", 1.05e-4),
        (":SOUR:CURR:VLIM?", 21.0),  # p. 6-71
        (":OUTP:INT:TRIP?", 1),  # closed (p. 6-33)
        (":SOUR:VOLT? MAX", 210.0),
        (":SOUR:CURR? MAX", 1.05),
        (":SENS:CURR:AVER:COUN? MAX", 100),
    ],
)
def test_a_2450_has_the_defaults_of_its_manual(talk: Talk, query: str, answer: float) -> None:
    assert float(talk.ask(query)) == pytest.approx(answer)
    assert talk.error() == 0


def test_a_2450_takes_the_lowest_range_that_holds_the_level(talk: Talk) -> None:
    # p. 6-75: "if you expect to source levels around 50 mV, send 0.05 to select the 200 mV range"; 3 V: 20 V range.
    ranges = {"0.01": 0.02, "0.05": 0.2, "3": 20.0, "30": 200.0}
    for level, full_scale in ranges.items():
        talk.write(f":SOUR:VOLT:RANG {level}")
        assert float(talk.ask(":SOUR:VOLT:RANG?")) == full_scale
    for level, full_scale in {"5e-9": 1e-8, "2e-3": 1e-2}.items():
        talk.write(f":SOUR:CURR:RANG {level}")
        assert float(talk.ask(":SOUR:CURR:RANG?")) == full_scale


@pytest.mark.parametrize("make", [Keithley2450, Keithley2460])
@pytest.mark.parametrize("line", [':DIG:FUNC "CURR"', ":READ:DIG?", ":SOUR:PULS:TR:VOLT 0,1,1e-3,1"])
def test_only_the_2461_has_a_digitizer_and_pulses(new_talk: Callable[..., Talk], make: type, line: str) -> None:
    talk = new_talk(make=make)
    talk.write(line)
    assert talk.error() == -113


@pytest.mark.parametrize("make", MODELS)
def test_readings_in_the_background_come_at_3130_a_second(new_talk: Callable[..., Talk], make: type) -> None:
    # 2461 manual p. 6-204: infinite measurements go on while later blocks are executed.
    talk = new_talk(make=make)
    talk.write(':SENS:FUNC "CURR";:SENS:CURR:NPLC 0.01;:SENS:CURR:AZER OFF;:TRAC:MAKE "b",10000;:OUTP ON')
    talk.wait(0.1)
    talk.write(':TRIG:LOAD "Empty"', ':TRIG:BLOC:MEAS 1,"b",INF', ":TRIG:BLOC:DEL:CONS 2,1", ':TRIG:BLOC:MEAS 3,"b",0')
    talk.write(":INIT")
    talk.wait(2.0)
    assert int(talk.ask(':TRAC:ACT? "b"')) == pytest.approx(3130, abs=5)
    assert talk.ask(":TRIG:STAT?").startswith("IDLE")
    assert talk.error() == 0


def test_mdigitize_of_later_firmware_measures_where_a_measure_function_is_selected(talk: Talk) -> None:
    talk.write(":SENS:CURR:NPLC 0.01;:OUTP ON", ':TRIG:LOAD "Empty"', ':TRIG:BLOC:MDIG 1,"defbuffer1",7', ":INIT")
    talk.wait(1.0)
    assert talk.ask(":TRAC:ACT?") == "7"


@pytest.mark.parametrize("make", MODELS)
def test_a_current_source_puts_ohms_law_on_a_resistor_and_stops_at_its_limit(
    new_talk: Callable[..., Talk], make: type
) -> None:
    talk = new_talk(make=make)
    talk.write(':SOUR:FUNC CURR;:SOUR:CURR 2e-5;:SOUR:CURR:VLIM 1;:SENS:FUNC "VOLT";:OUTP ON')
    talk.write(':READ? "defbuffer1",READ,SOUR,UNIT,SOURUNIT')
    talk.wait(1.0)
    reading, source, unit, source_unit = talk.raw().decode().strip().split(", ")
    assert float(reading) == pytest.approx(0.2, rel=1e-3)  # 20 uA through 10 kohm
    assert float(source) == pytest.approx(2e-5, rel=1e-3)
    assert (unit, source_unit) == ("Volt DC", "Amp DC")
    assert talk.ask(":SOUR:CURR:VLIM:TRIP?") == "0"
    talk.write(":SOUR:CURR 1e-3", ":READ?")  # wants 10 V
    talk.wait(1.0)
    assert float(talk.raw()) == pytest.approx(1.0, rel=1e-3)
    assert talk.ask(":SOUR:CURR:VLIM:TRIP?") == "1"
    assert talk.error() == 0


def test_a_current_source_charges_a_capacitor_linearly_and_drops_r_i(new_talk: Callable[..., Talk]) -> None:
    talk = new_talk("rc", make=Keithley2450)  # 10 kohm and 1 uF in series
    talk.write(':SOUR:FUNC CURR;:SOUR:CURR 1e-6;:SOUR:CURR:VLIM 20;:SENS:FUNC "VOLT";:SENS:VOLT:NPLC 0.1;AZER OFF')
    talk.write(":SENS:COUN 300;:OUTP ON;:READ?")
    talk.wait(3.0)
    talk.raw()
    values = np.array([float(x) for x in talk.ask(':TRAC:DATA? 1,300,"defbuffer1",READ,REL').split(",")])
    voltage, time = values.reshape(-1, 2)[100:].T
    # It regulates once a reading: over a millisecond's reading the charge is right, the current between sags.
    slope = np.polyfit(time, voltage, 1)[0]
    assert slope == pytest.approx(1e-6 / 1e-6, rel=0.2)


def test_a_repeating_filter_makes_one_reading_of_many_and_takes_their_time(talk: Talk) -> None:
    talk.write(":SENS:CURR:NPLC 0.1;:SENS:CURR:AZER OFF;:SENS:CURR:RANG 1e-5;:SOUR:VOLT 0.05;:OUTP ON;:SENS:COUN 200")
    scatter = []
    for on in ("OFF", "ON"):
        talk.write(f":SENS:CURR:AVER:COUN 16;TCON REP;STAT {on};:READ?")
        talk.wait(20.0)
        talk.raw()
        rows = np.array(
            [float(x) for x in talk.ask(':FORM:ASC:PREC 16;:TRAC:DATA? 1,200,"defbuffer1",READ').split(",")]
        )
        scatter.append(rows.std())
        talk.write(":TRAC:CLE")
    assert scatter[0] / scatter[1] == pytest.approx(4.0, rel=0.3)  # the root of 16


@pytest.mark.parametrize(
    ("sweep", "levels"),
    [
        (":SOUR:SWE:VOLT:LIN 0, 0.4, 5, 0.01", [0.0, 0.1, 0.2, 0.3, 0.4]),
        (":SOUR:SWE:VOLT:LIN 0, 0.2, 3, 0.01, 2", [0.0, 0.1, 0.2] * 2),
        (":SOUR:SWE:VOLT:LIN 0, 0.2, 3, -1, 1, AUTO, OFF, ON", [0.0, 0.1, 0.2, 0.2, 0.1, 0.0]),
        (":SOUR:SWE:VOLT:LIN:STEP 0.4, 0, 0.2", [0.4, 0.2, 0.0]),
        (":SOUR:SWE:VOLT:LOG 0.01, 1, 3", [0.01, 0.1, 1.0]),
        (":SOUR:LIST:VOLT 0.3,0.1;:SOUR:SWE:VOLT:LIST 1, 0.01", [0.3, 0.1]),
    ],
)
def test_sweeps_make_one_reading_at_each_level_and_end_with_output_off(
    talk: Talk, sweep: str, levels: list[float]
) -> None:
    talk.write(':SOUR:VOLT:ILIM 1e-2;:SENS:FUNC "CURR"', sweep, ":INIT")
    talk.wait(10.0)
    found = talk.ask(f':TRAC:DATA? 1,{len(levels)},"defbuffer1",READ').split(",")
    assert [float(x) for x in found] == pytest.approx([level / 1e4 for level in levels], rel=1e-3, abs=1e-8)
    assert talk.ask(":TRAC:ACT?;:OUTP?") == f"{len(levels)};0"
    assert talk.error() == 0


def test_a_current_sweep_reads_volts(talk: Talk) -> None:
    talk.write(':SENS:FUNC "VOLT"', ":SOUR:SWE:CURR:LIN 1e-6, 5e-6, 5", ":INIT")
    talk.wait(10.0)
    found = [float(x) for x in talk.ask(':TRAC:DATA? 1,5,"defbuffer1",READ').split(",")]
    assert found == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05], rel=1e-3)
    assert talk.ask(":SOUR:FUNC?;:OUTP?") == "CURR;0"


def test_a_sweep_stops_at_its_limit_where_it_shall(talk: Talk) -> None:
    talk.write(":SOUR:VOLT:ILIM 2.5e-5", ":SOUR:SWE:VOLT:LIN 0, 0.4, 5, 0, 1, BEST, ON", ":INIT")
    talk.wait(10.0)
    assert int(talk.ask(":TRAC:ACT?")) < 5
    assert talk.ask(":OUTP?") == "0"


def test_readings_can_be_triggered_into_a_buffer_and_measured_with_the_active_function(talk: Talk) -> None:
    talk.write(':SOUR:VOLT 0.1;:OUTP ON;:TRAC:MAKE "t",100;:SENS:COUN 4;:TRAC:TRIG "t"')
    talk.wait(1.0)
    assert talk.ask(':TRAC:ACT? "t"') == "4"
    talk.write(":MEAS? 't'")
    talk.wait(1.0)
    assert float(talk.raw()) == pytest.approx(1e-5, rel=1e-3)


def test_an_open_interlock_switches_off_and_is_told_when_high_voltage_is_asked_for(talk: Talk) -> None:
    talk.write(":SOUR:VOLT 0.1;:OUTP ON")
    talk.device.inject("interlock-open")
    assert talk.ask(":OUTP?;:OUTP:INT:TRIP?") == "0;0"
    assert talk.error() == 5074
    talk.write(":OUTP ON")
    assert talk.error() == 0, "low voltage needs no interlock"
    talk.write(":OUTP OFF;:SOUR:VOLT 50;:OUTP ON")
    assert talk.error() == 5074


@pytest.mark.parametrize("fault", [one for one in DEVICE_FAULTS if one != "reconnect-jam"])  # which is an EC301's
def test_each_fault_shows_and_leaves_an_instrument_that_answers(new_talk: Callable[..., Talk], fault: str) -> None:
    cell = copy.deepcopy(load_cell("resistor"))  # clips are the cell's own: this one's must not be everyone's
    talk = new_talk(make=lambda clock, _, seed: Keithley2461(clock, cell, seed))
    talk.write(':SOUR:VOLT 0.01;:SOUR:VOLT:ILIM 1e-4;:DIG:FUNC "CURR";:DIG:CURR:RANG 1e-4;:TRAC:MAKE "b",100000')
    talk.write(':TRIG:LOAD "Empty"', ':TRIG:BLOC:DIG 1,"b",INF', ":TRIG:BLOC:DEL:CONS 2,0.2", ":OUTP ON;:INIT")
    talk.wait(0.1)
    talk.device.inject(fault)
    talk.wait(0.05)
    last = talk.ask(':TRAC:DATA? 14990,14990,"b",READ') if fault not in {"reboot", "buffer-overrun"} else ""
    if fault == "cell-open":
        assert abs(float(last)) < 1e-7
    elif fault in {"cell-short", "compliance"}:
        assert float(last) == pytest.approx(1e-4, rel=1e-2)  # at the limit
    elif fault in {"interlock-open", "overtemperature"}:
        assert talk.ask(":OUTP?") == "0"
        assert talk.error() in {5074, 2771}
    elif fault == "buffer-overrun":
        assert talk.error() == 4915
    elif fault == "reboot":
        assert talk.ask(":OUTP?;*ESR?;:SOUR:VOLT?") == "0;128;0"
    elif fault == "error-storm":
        assert [talk.error() for _ in range(101)][-2:] == [-350, 0]
    talk.write("*RST;*CLS")
    assert talk.ask("*IDN?").startswith("KEITHLEY INSTRUMENTS,MODEL 2461")


def test_an_unknown_fault_is_refused(talk: Talk) -> None:
    with pytest.raises(ValueError, match="no such fault"):
        talk.device.inject("gremlins")
