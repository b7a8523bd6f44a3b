"""Does the simulated 2461 keep settings, limits, output and buffers as its manual says?"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sim_instruments.conftest import Talk


@pytest.mark.parametrize(
    ("setting", "value", "default"),
    [
        (":SOUR:VOLT", "0.0123", "0"),
        (":SOUR:VOLT:ILIM", "0.002", "0.000105"),
        (":SOUR:VOLT:DEL:USER3", "0.25", "0"),
        (":SOUR:VOLT:READ:BACK", "0", "1"),
        (":SENS:CURR:NPLC", "0.01", "1"),
        (":SENS:CURR:RANG", "1E-05", "1E-06"),
        (":SENS:CURR:RSEN", "1", "0"),
        (":SENS:COUN", "7", "1"),
        (":DIG:CURR:SRAT", "1000000", "100000"),
        (":OUTP:VOLT:SMOD", "HIMP", "NORM"),
        (":FORM", "SRE", "ASC"),
        (":FORM:BORD", "NORM", "SWAP"),
    ],
)
def test_a_setting_is_read_back_and_reset_to_the_manual_s_default(
    talk: Talk, setting: str, value: str, default: str
) -> None:
    assert talk.ask(f"{setting}?") == default
    talk.write(f"{setting} {value}")
    assert talk.ask(f"{setting}?") == value
    talk.write("*RST")
    assert talk.ask(f"{setting}?") == default
    assert talk.error() == 0


def test_min_max_and_default_can_be_set_and_asked(talk: Talk) -> None:
    assert [float(talk.ask(f":DIG:CURR:SRAT? {w}")) for w in ("MIN", "MAX", "DEF")] == [1e3, 1e6, 1e5]
    talk.write(":SOUR:VOLT:ILIM MAX")
    assert float(talk.ask(":SOUR:VOLT:ILIM?")) == 7.35  # p. 6-94


def test_ranges_are_the_next_that_hold_the_value(talk: Talk) -> None:
    # p. 8-166: "if you expect a reading of approximately 9 mA, set the range to 9 mA to select the 10 mA range".
    talk.write(":SENS:CURR:RANG 9e-3;:SOUR:VOLT:RANG 0.3")
    assert [float(x) for x in talk.ask(":SENS:CURR:RANG?;:SOUR:VOLT:RANG?").split(";")] == [0.01, 2.0]
    assert talk.ask(":SENS:CURR:RANG:AUTO?;:SOUR:VOLT:RANG:AUTO?") == "0;0"


def test_a_level_beyond_a_fixed_range_is_refused(talk: Talk) -> None:
    talk.write(":SOUR:VOLT:RANG 0.2", ":SOUR:VOLT 3")
    assert talk.error() == -222
    talk.write(":SOUR:VOLT:RANG:AUTO ON;:SOUR:VOLT 3")
    assert talk.error() == 0
    assert float(talk.ask(":SOUR:VOLT:RANG?")) == 7.0


def test_the_aperture_cannot_be_longer_than_the_sample_interval(talk: Talk) -> None:
    talk.write(":DIG:CURR:SRAT 100000", ":DIG:CURR:APER 11e-6")
    assert talk.error() == -222
    talk.write(":DIG:CURR:APER 8.9e-6")
    assert float(talk.ask(":DIG:CURR:APER?")) == 8e-6  # whole microseconds, rounded down (p. 6-52)
    talk.write(":DIG:CURR:SRAT 500000")
    assert float(talk.ask(":DIG:CURR:APER?")) == 2e-6  # p. 6-71: the highest that the rate allows
    assert talk.error() == 0


def test_every_output_off_resets_sensing_to_2_wire(talk: Talk) -> None:
    talk.write(":SENS:CURR:RSEN ON;:OUTP ON")
    assert talk.ask(":SENS:CURR:RSEN?") == "1"
    talk.write(":OUTP OFF")
    assert talk.ask(":SENS:CURR:RSEN?;:OUTP?") == "0;0"


@pytest.mark.parametrize(("mode", "connected"), [("HIMP", False), ("NORM", True), ("ZERO", True), ("GUAR", True)])
def test_only_himp_takes_the_cell_off_when_the_output_goes_off(
    new_talk: Callable[..., Talk], mode: str, *, connected: bool
) -> None:
    talk = new_talk("rc")
    talk.write(f":OUTP:VOLT:SMOD {mode};:OUTP ON")
    talk.wait(0.1)
    talk.write(":SOUR:VOLT 0.1")
    talk.wait(0.1)
    off = talk.clock.now()
    talk.write(":OUTP OFF")
    # The charged capacitor of 1 uF sends 0.1 V / 10 kohm back through a source that stands at 0 V.
    after = talk.device.meter.drive.readings(off + 1e-4, 1e-4, 0, 1, 1e-5)[0]
    assert after == pytest.approx(-1e-5 * np.exp(-1e-4 / 1e-2) if connected else 0.0, rel=1e-2)


def test_current_is_clamped_at_the_limit_and_the_trip_is_told(talk: Talk) -> None:
    talk.write(':SOUR:VOLT:ILIM 1e-6;:SOUR:VOLT 0.02;:DIG:FUNC "CURR";:DIG:CURR:RANG 1e-5;:DIG:COUN 100;:OUTP ON')
    talk.wait(0.1)
    assert talk.ask(":SOUR:VOLT:ILIM:TRIP?") == "1"
    talk.write(':READ:DIG? "defbuffer1",READ,SOURSTAT,SOUR')
    talk.wait(1.0)
    reading, status, source = (float(x) for x in talk.raw().split(b","))
    assert reading == pytest.approx(1e-6, abs=2e-9)
    assert int(status) & 0x20  # source function level was limited (p. 8-31)
    assert source == pytest.approx(0.01, rel=1e-3)  # the voltage that is left over 10 kohm
    talk.write(":SOUR:VOLT 0.005")
    assert talk.ask(":SOUR:VOLT:ILIM:TRIP?") == "0"


def test_a_current_beyond_the_range_reads_9_9e37_and_is_questionable(talk: Talk) -> None:
    talk.write(':SOUR:VOLT 0.02;:DIG:FUNC "CURR";:DIG:CURR:RANG 1e-6;:OUTP ON')
    talk.write(':READ:DIG? "defbuffer1",READ,STAT')
    talk.wait(0.1)
    reading, status = talk.raw().decode().split(",")
    assert float(reading) == 9.9e37
    assert int(status) & 1


def test_a_measurement_takes_its_line_cycles_and_a_query_waits_for_it(talk: Talk) -> None:
    talk.write(":SENS:CURR:AZER OFF;:SENS:CURR:NPLC 6;:SOUR:VOLT 0.01;:OUTP ON")
    talk.write(":READ?")
    talk.wait(0.099)
    assert talk.raw() == b""
    talk.wait(0.002)  # 6 / 60 Hz
    assert float(talk.raw()) == pytest.approx(1e-6, rel=1e-3)


def test_one_shot_functions_read_volts_and_ohms(talk: Talk) -> None:
    talk.write(":SOUR:VOLT 0.1;:OUTP ON")
    for query, expected in ((":MEAS:VOLT?", 0.1), (":MEAS:RES?", 1e4), (":MEAS:CURR?", 1e-5)):
        talk.write(query)
        talk.wait(1.0)
        assert float(talk.raw()) == pytest.approx(expected, rel=1e-3)
    assert talk.ask(":SENS:FUNC?") == '"CURR:DC"'
    assert float(talk.ask(":FETC?")) == pytest.approx(1e-5, rel=1e-3)


def _fill(talk: Talk, count: int, style: str = "STAN", buffer: str = "b") -> None:
    talk.write(f':TRAC:MAKE "{buffer}", 1000, {style}', ':SOUR:VOLT 0.01;:OUTP ON;:DIG:FUNC "CURR";:DIG:CURR:RANG 1e-5')
    talk.write(f":DIG:COUN {count}", f':READ:DIG? "{buffer}"')
    talk.wait(10.0)
    talk.raw()


@pytest.mark.parametrize(("order", "mark"), [("NORM", ">"), ("SWAP", "<")])
@pytest.mark.parametrize(("form", "code"), [("REAL", "d"), ("SRE", "f")])
def test_binary_blocks_begin_with_hash_0_and_end_with_a_line_feed(
    talk: Talk, order: str, mark: str, form: str, code: str
) -> None:
    _fill(talk, 5)
    expected = [float(x) for x in talk.ask(':FORM:ASC:PREC 16;:TRAC:DATA? 1,5,"b",READ,REL,SOUR').split(",")]
    talk.write(f":FORM {form};:FORM:BORD {order}", ':TRAC:DATA? 1,5,"b",READ,REL,SOUR')
    answer = talk.raw()
    assert answer[:2] == b"#0"
    assert answer[-1:] == b"\n"
    got = struct.unpack(f"{mark}15{code}", answer[2:-1])
    np.testing.assert_allclose(got, expected, rtol=1e-6 if code == "f" else 1e-12, atol=1e-15)


def test_binary_has_readings_times_and_sources_only(talk: Talk) -> None:
    # p. 6-46: other elements give event 1133.
    _fill(talk, 3)
    talk.write(":FORM REAL")
    for element in ("STAT", "SOURSTAT", "DATE", "UNIT"):
        talk.write(f':TRAC:DATA? 1,3,"b",READ,{element}')
        assert talk.raw() == b""
        assert talk.error() == 1133


def test_all_ascii_elements_are_there(talk: Talk) -> None:
    _fill(talk, 2)
    answer = talk.ask(
        ':TRAC:DATA? 2,2,"b",READ,REL,SOUR,STAT,SOURSTAT,UNIT,SOURUNIT,DATE,TIME,TST,SEC,FRAC,FORM'
    ).split(", ")
    assert len(answer) == 13
    assert float(answer[1]) == 1e-5
    assert int(answer[3]) == 2 + 8  # digitizer, front terminals, not the first of a group (p. 6-162)
    assert int(answer[4]) == 0x80 + 0x08  # output on, source read back (p. 8-31)
    assert answer[5:7] == ["Amp DC", "Volt DC"]
    assert answer[9] == f"{answer[7]} {answer[8]}"
    assert float(answer[10]) + float(answer[11]) > 1.6e9


def test_a_compact_buffer_keeps_whole_microseconds(talk: Talk) -> None:
    talk.write(":DIG:CURR:SRAT 300000")
    _fill(talk, 4, "COMP")
    times = [float(x) for x in talk.ask(':TRAC:DATA? 1,4,"b",REL').split(",")]
    assert times == [0.0, 3e-6, 7e-6, 1e-5]


def test_a_compact_buffer_keeps_no_status(talk: Talk) -> None:
    _fill(talk, 4, "COMP")
    for element in ("STAT", "SOURSTAT"):
        talk.write(f':TRAC:DATA? 1,4,"b",READ,{element}')
        assert talk.raw() == b""
        assert talk.error() == 1133


def test_a_buffer_filled_once_ends_with_error_4915(talk: Talk) -> None:
    _fill(talk, 1500)
    assert talk.ask(':TRAC:ACT? "b";:TRAC:FILL:MODE? "b"') == "1000;ONCE"
    assert talk.error() == 4915


def test_a_continuous_buffer_overwrites_its_oldest(talk: Talk) -> None:
    talk.write(':TRAC:POIN 100, "defbuffer1"')
    _fill(talk, 250, buffer="unused")
    talk.write(':READ:DIG? "defbuffer1"')
    talk.wait(1.0)
    talk.raw()
    assert talk.ask(":TRAC:ACT?;:TRAC:ACT:STAR?;:TRAC:ACT:END?;:TRAC:FILL:MODE?") == "100;51;50;CONT"
    assert float(talk.ask(':TRAC:DATA? 50,50,"defbuffer1",REL')) == pytest.approx(249e-5)
    assert float(talk.ask(':TRAC:DATA? 51,51,"defbuffer1",REL')) == pytest.approx(150e-5)
    assert talk.error() == 0


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (':TRAC:MAKE "big", 6875001', -222),
        (':TRAC:MAKE "big", 27500001, COMP', -222),
        (':TRAC:MAKE "defbuffer1", 100', -224),
        (':TRAC:MAKE "small", 9', -222),
        (':TRAC:DEL "defbuffer1"', -224),
        (':TRAC:MAKE "x", 100, HUGE', -224),
        (':SOUR:CONF:LIST:STOR "nolist"', -224),
        (':TRIG:BLOC:CONF:NEXT 1,"nolist"', -224),
        (':TRIG:BLOC:DIG 1,"nobuffer"', -224),
        (":TRIG:BLOC:DEL:CONS 1, 1e-7", -222),
        (":TRIG:BLOC:NOP 64", -222),
        (":TRIG:BLOC:DEL:DYN 1, SOUR6", -224),
        (":SOUR:PULS:TR:VOLT 0, 1, 100e-6, 1", -222),
        (':TRIG:LOAD "LoopUntilEvent"', -224),
    ],
)
def test_what_the_instrument_does_not_take_is_refused(talk: Talk, line: str, number: int) -> None:
    talk.write(line)
    assert talk.error() == number


def test_the_largest_buffers_are_made_at_once(talk: Talk) -> None:
    talk.write(':TRAC:MAKE "a", 27500000, COMP', ':TRAC:MAKE "b", 6875000')
    assert talk.ask(':TRAC:POIN? "a";:TRAC:POIN? "b"') == "27500000;6875000"


def test_statistics_are_those_of_the_buffer(talk: Talk) -> None:
    _fill(talk, 500)
    values = [float(x) for x in talk.ask(':TRAC:DATA? 1,500,"b"').split(",")]
    for name, expected in (("AVER", np.mean(values)), ("STDD", np.std(values, ddof=1)), ("MAX", max(values))):
        assert float(talk.ask(f':TRAC:STAT:{name}? "b"')) == pytest.approx(expected, rel=1e-5)
