"""Do commands of the 2450 family beside those of our drivers do what the manuals say?

Pages are those of 2461-901-01 Rev. A (November 2015), and of 2450-901-01 Rev. B (September 2013) where said.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim_instruments.core.clock import ManualClock
from sim_instruments.keithley.k2450.models import Keithley2450, Keithley2461
from sim_instruments.sample.cell import load_cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keithley.k2450.instrument import TouchSourceMeter
    from sim_instruments.sample.cell import Cell

OHM = 1e4
_cell = lru_cache(load_cell)


class Talk:
    """A client whose instrument's time passes only here."""

    def __init__(self, model: Callable[[ManualClock, Cell, int], TouchSourceMeter] = Keithley2450) -> None:
        self.clock = ManualClock()
        self.device = model(self.clock, _cell("resistor"), 1)
        self.session = self.device.client_session()

    def ask(self, *lines: str) -> str:
        """Send lines, let the last answer come, and return what was said."""
        for line in lines:
            self.session.receive(line.encode() + b"\n")
        for _ in range(100_000):
            if not self.session.waiting:
                break
            self.clock.advance(0.001)
            self.session.run()
        answer = bytes(self.session.output).decode()
        self.session.output.clear()
        return answer.strip()

    def finish(self) -> None:
        for _ in range(100_000):
            self.device.update()
            if not self.device.busy:
                return
            self.clock.advance(0.01)
        raise AssertionError("it does not end")

    def errors(self) -> list[int]:
        found = []
        while (number := int(self.ask(":SYST:ERR?").split(",")[0])) != 0:
            found.append(number)
        return found


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_the_manuals_examples_of_buffers() -> None:
    # pp. 6-165, 6-166
    talk = Talk(Keithley2461)
    talk.ask('TRACe:MAKE "capTrace", 200, WRITable')
    assert talk.ask('TRACe:MAKE "bufferVolts", 100', 'TRACe:POINts? "bufferVolts"') == "100"
    talk.ask('TRACe:DELete "bufferVolts"', 'TRACe:MAKE "bufferVolts", 1000')
    assert talk.ask('TRACe:POINts? "bufferVolts"') == "1000"
    assert talk.ask('TRACe:POINts 5000, "bufferVolts"', 'TRACe:POINts? "bufferVolts"') == "5000"
    talk.ask('TRACe:MAKE "bufferVolts", 100')
    assert talk.errors() == [1115]
    talk.ask('TRACe:MAKE "defbuffer1", 100')
    assert len(talk.errors()) == 1


def test_buffers_of_every_style_and_a_comma_too_many(talk: Talk) -> None:
    for style in ("COMPact", "STANdard", "FULL", "WRITable", "FULLWRITable", ""):
        talk.ask(f'TRACe:MAKE "of{style or "none"}", 100, {style}')
    assert not talk.errors()
    talk.ask(":SOUR:VOLT 1,")
    assert talk.errors() == [-103], "elsewhere a comma too many is an error"


def test_a_writable_buffer_takes_what_is_written_and_no_readings(talk: Talk) -> None:
    talk.ask('TRACe:MAKE "w", 10, WRITable', ':TRAC:WRIT:READ "w", 1.5', ':TRAC:WRIT:READ "w", 2.5')
    assert [float(value) for value in talk.ask(':TRAC:DATA? 1, 2, "w"').split(",")] == [1.5, 2.5]
    # p. 6-166: "You cannot assign them to collect data from the instrument."
    talk.ask(':READ? "w"')
    assert talk.errors() == [-221]
    talk.ask(':TRAC:WRIT:READ "defbuffer1", 1')
    assert talk.errors() == [-221]


def test_overvoltage_protection_restricts_the_source(talk: Talk) -> None:
    # p. 8-189: "Overvoltage protection restricts the maximum voltage level that the instrument can source."
    assert talk.ask(":SOUR:VOLT:PROT?") == "NONE"
    talk.ask(":SOUR:VOLT:PROT PROT2", ":SOUR:VOLT:ILIM 1", ":SOUR:VOLT 5", ":SENS:CURR:NPLC 1", ":OUTP ON")
    assert talk.ask(":SOUR:VOLT:PROT?") == "PROT2"
    assert float(talk.ask(":READ?")) == pytest.approx(2.0 / OHM, rel=1e-3)
    assert talk.ask(":SOUR:VOLT:PROT:TRIP?") == "1"
    assert talk.ask(":SOUR:VOLT 1", ":SOUR:VOLT:PROT:TRIP?") == "0"
    talk.ask(":SOUR:VOLT:PROT PROT3")
    assert talk.errors() == [-224]


@pytest.mark.parametrize(("amps", "tripped"), [(1e-4, "0"), (3e-4, "1")])
def test_the_voltage_limit_of_a_current_source_is_told(talk: Talk, amps: float, tripped: str) -> None:
    # p. 6-95: "If the source did exceed the set limits, the return is 1." 0.3 mA through 10 kohm is 3 V.
    talk.ask(":SOUR:FUNC CURR", ":SOUR:CURR:VLIM 2", f":SOUR:CURR {amps}", ":OUTP ON")
    talk.clock.advance(0.1)
    assert talk.ask(":SOUR:CURR:VLIM:TRIP?") == tripped
    talk.ask(":READ?")
    assert talk.ask(":SOUR:CURR:VLIM:TRIP?") == tripped
    assert talk.ask(":OUTP OFF", ":SOUR:CURR:VLIM:TRIP?") == "0"


def test_limit_tests_of_the_manuals_example() -> None:
    # p. 6-33, on a source of 0.1 V: below the lower limit.
    talk = Talk(Keithley2461)
    talk.ask(':SENS:FUNC "VOLT"', ":SOUR:VOLT 0.1", ":SOUR:VOLT:ILIM 1", ":OUTP ON")
    talk.ask(":CALC2:VOLT:LIM1:CLE:AUTO OFF;:CALC2:VOLT:LIM1:AUD FAIL;:CALC2:VOLT:LIM1:LOW 0.25")
    talk.ask(":CALC2:VOLT:LIM1:UPP 2.5;:CALC2:VOLT:LIMIT1:STAT ON", ":READ?")
    assert talk.ask(":CALC2:VOLT:LIMIT1:FAIL?") == "LOW"
    talk.ask(":SOUR:VOLT 3", ":READ?")
    assert talk.ask(":CALC2:VOLT:LIM1:FAIL?") == "BOTH", "without automatic clearing any reading counts (p. 6-29)"
    assert talk.ask(":CALC2:VOLT:LIM1:CLE", ":CALC2:VOLT:LIM1:FAIL?") == "NONE"
    talk.ask(":CALC2:VOLT:LIM1:CLE:AUTO ON", ":SOUR:VOLT 1", ":READ?")
    assert talk.ask(":CALC2:VOLT:LIM1:FAIL?") == "NONE"
    assert not talk.errors()


def test_the_duration_loop_of_the_manuals_example(talk: Talk) -> None:
    # 2450: p. 6-163
    talk.ask("SOUR:FUNC VOLT", "SOUR:VOLT 5", 'SENS:FUNC "CURR"', "SENS:CURR:NPLC 0.1", "SOUR:VOLT:ILIM 0.1")
    talk.ask("TRIG:LOAD:LOOP:DUR 10, 0.01", "INIT")
    begun = talk.clock.now()
    talk.finish()
    assert talk.clock.now() - begun == pytest.approx(10.0, abs=0.05)
    count = int(talk.ask(":TRAC:ACT?"))
    times = [float(value) for value in talk.ask(f':TRAC:DATA? 1, {count}, "defbuffer1", REL').split(",")]
    assert 9.9 < times[-1] < 10.0
    assert min(np.diff(times)) > 0.01
    assert talk.ask(":OUTP?") == "0"
    talk.ask('TRIG:LOAD "DurationLoop", 1, 0.1', "INIT")
    talk.finish()
    assert not talk.errors()


def test_source_and_measure_lists_are_stepped_together(talk: Talk) -> None:
    talk.ask(":SOUR:VOLT:ILIM 1")
    for list_, level, cycles in (("a", 1, 0.1), ("b", 2, 1), ("c", 3, 10)):
        talk.ask(f":SOUR:VOLT {level}", f":SENS:CURR:NPLC {cycles}")
        if list_ == "a":
            talk.ask(':SOUR:CONF:LIST:CRE "levels"', ':SENS:CONF:LIST:CRE "speeds"')
        talk.ask(':SOUR:CONF:LIST:STOR "levels"', ':SENS:CONF:LIST:STOR "speeds"')
    assert talk.ask(':SENS:CONF:LIST:SIZE? "speeds"') == "3"
    assert talk.ask(":SENS:CONF:LIST:CAT?") == '"speeds"'
    talk.ask(':TRIG:LOAD "ConfigList", "speeds", "levels", 0.001', ":INIT")
    talk.finish()
    assert not talk.errors()
    values = [float(value) for value in talk.ask(':TRAC:DATA? 1, 3, "defbuffer1", READ, REL').split(",")]
    np.testing.assert_allclose(values[::2], np.array([1.0, 2.0, 3.0]) / OHM, rtol=1e-2)
    # Automatic zero doubles the integration; the second reading takes ten times as long as the first.
    assert values[5] - values[3] > 5 * (values[3] - values[1])
    talk.ask(':SENS:CONF:LIST:REC "speeds", 2')
    assert float(talk.ask(":SENS:CURR:NPLC?")) == 1.0


def test_digital_lines(talk: Talk) -> None:
    assert talk.ask(":DIG:LINE1:MODE?") == "DIG,IN"
    assert talk.ask(":DIG:LINE1:STAT?") == "1"
    talk.ask(":DIG:LINE1:STAT 0")
    assert talk.errors() == [-221], "an input cannot be written (p. 6-36)"
    assert talk.ask(":DIG:LINE2:MODE DIG, OUT", ":DIG:LINE2:STAT?") == "0"
    assert talk.ask(":DIG:LINE2:STAT 1", ":DIG:READ?") == "63"
    assert talk.ask(":DIG:WRIT 0", ":DIG:READ?") == "61"
    talk.ask(":DIG:LINE3:MODE TRIG, IN", ":DIG:READ?")
    assert talk.errors() == [-221], "all six must be digital (p. 6-37)"


def test_event_log_and_clock(talk: Talk) -> None:
    talk.ask(":SYST:CLE", ":NONSENSE", ':SYST:EVEN:POST "a note", INF')
    assert talk.ask(":SYST:EVEN:COUN? ERR") == "1"
    assert talk.ask(":SYST:EVEN:NEXT? INF").split(",")[1].startswith('"a note;4;')
    assert talk.ask(":SYST:EVEN:NEXT?").startswith("-113,")
    assert talk.ask(":SYST:EVEN:NEXT?") == '0,"No error;0;0 0"'
    talk.ask(":SYST:TIME 2015, 11, 30, 12, 0, 0")
    talk.clock.advance(30.5)
    assert talk.ask(":SYST:TIME?") == "1448884830"
    assert talk.ask(":SYST:TIME? 1") == "Mon Nov 30 12:00:30 2015"


def test_the_list_sweep_of_the_manuals_example() -> None:
    # p. 6-102: "source 1 V, 5 V six times"; "the duration of each voltage point is 200 ms".
    talk = Talk(Keithley2461)
    talk.ask(
        'SENS:FUNC "CURR"',
        "SENS:CURR:RANG:AUTO ON",
        "SENS:CURR:RSEN OFF",
        "SOUR:FUNC VOLT",
        "SOUR:VOLT:RANG 20",
        "SOUR:VOLT:ILIM 1",
        "SOUR:LIST:VOLT 1, 5, 1, 5, 1, 5",
        "SOUR:LIST:VOLT:APP 1, 5, 1, 5, 1, 5",
        "SOUR:SWE:VOLT:LIST 1, 0.2",
        "INIT",
        "*WAI",
    )
    values = np.array([float(text) for text in talk.ask('TRAC:DATA? 1, 12, "defbuffer1", SOUR, READ').split(",")])
    np.testing.assert_allclose(values[::2], [1.0, 5.0] * 6, rtol=1e-3)
    np.testing.assert_allclose(values[1::2], np.array([1.0, 5.0] * 6) / OHM, rtol=1e-2)
    times = [float(text) for text in talk.ask('TRAC:DATA? 1, 12, "defbuffer1", REL').split(",")]
    np.testing.assert_allclose(np.diff(times), 0.2, atol=0.04)
    assert not talk.errors()
