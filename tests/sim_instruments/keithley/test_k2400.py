"""Does the simulated 2400 trigger, list, store and answer as its user's manual says (2400S-900-01 Rev. K)?"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim_instruments.keithley.k2400.instrument import Keithley2400

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sim_instruments.conftest import Talk


@pytest.fixture
def talk(new_talk: Callable[..., Talk]) -> Talk:
    return new_talk(make=Keithley2400)


def numbers(text: str) -> np.ndarray:
    return np.array([float(value) for value in text.split(",")])


def rows(talk: Talk, line: str, wait_s: float = 100.0) -> np.ndarray:
    """Return the answer's reading arrays: voltage, current, resistance, time, status."""
    talk.write(line)
    talk.wait(wait_s)
    return numbers(talk.raw().decode()).reshape(-1, 5)


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (":SENS:CURR:PROT?", "0.000105"),  # p. 18-68
        (":SENS:VOLT:PROT?", "21"),
        (":SENS:CURR:NPLC?", "1"),  # p. 18-69
        (":SENS:RES:MODE?", "AUTO"),  # p. 18-13
        (":SENS:CURR:RANG:AUTO?", "1"),
        (":SENS:FUNC?", '"CURR:DC"'),
        (":FORM:ELEM?", "VOLT,CURR,RES,TIME,STAT"),  # p. 18-9
        (":FORM:BORD?", "NORM"),
        (":OUTP:SMOD?", "NORM"),
        (":SOUR:DEL:AUTO?", "1"),
        (":SOUR:CLE:AUTO?", "0"),  # p. 18-72
        (":ARM:COUN?;:TRIG:COUN?", "1;1"),
        (":ARM:SOUR?;TIM?", "IMM;0.1"),
        (":TRAC:POIN?", "100"),  # p. 18-115
        (":SYST:VERS?", "1996.0"),  # p. 18-112
        (":SYST:LFR:AUTO?", "1"),
    ],
)
def test_defaults_are_those_of_the_manual(talk: Talk, query: str, answer: str) -> None:
    assert talk.ask(query) == answer
    assert talk.error() == 0


def test_without_output_a_reading_is_refused_with_803_but_measure_switches_it_on(talk: Talk) -> None:
    # p. 18-72: with auto output-off disabled, :READ? needs the output on; :MEASure? turns it on, and it stays on.
    talk.write(":READ?")
    assert talk.error() == 803
    talk.write(":INIT")
    assert talk.error() == 803
    assert rows(talk, ":SOUR:VOLT 0.1;:MEAS:CURR?")[0, 1] == pytest.approx(1e-5, rel=1e-3)
    assert talk.ask(":OUTP?") == "1"


def test_auto_output_off_has_the_output_on_for_each_operation_only(talk: Talk) -> None:
    found = rows(talk, ":SOUR:CLE:AUTO ON;:SOUR:VOLT 0.1;:TRIG:COUN 2;:READ?")
    assert found[:, 1] == pytest.approx([1e-5, 1e-5], rel=1e-3)
    assert talk.ask(":OUTP?") == "0"


def test_what_is_neither_measured_nor_sourced_is_not_a_number(talk: Talk) -> None:
    # p. 18-51: +9.91e37.
    (found,) = rows(talk, ':SOUR:VOLT 0.1;:SENS:FUNC "CURR";:OUTP ON;:READ?')
    assert found[:3] == pytest.approx([0.1, 1e-5, 9.91e37], rel=1e-3)
    status = int(found[4])
    assert status & 1 << 12, "amps are measured (p. 18-52)"
    assert status & 1 << 14, "the V-source is used"
    assert not status & 1 << 11
    assert status & 1 << 2, "front terminals"


def test_a_list_sweep_sources_each_value_and_measures_there(talk: Talk) -> None:
    talk.write(":SOUR:VOLT:MODE LIST;:SOUR:LIST:VOLT 0.01,0.03;:SOUR:LIST:VOLT:APP -0.02", ":SENS:CURR:PROT 1e-3")
    assert talk.ask(":SOUR:LIST:VOLT:POIN?") == "3"
    assert numbers(talk.ask(":SOUR:LIST:VOLT?")) == pytest.approx([0.01, 0.03, -0.02])
    found = rows(talk, ":SOUR:DEL 0.05;:TRIG:COUN 6;:SENS:FUNC 'VOLT','CURR';:SENS:CURR:NPLC 0.1;:OUTP ON;:READ?")
    assert found[:, 0] == pytest.approx([0.01, 0.03, -0.02] * 2, rel=1e-2)
    assert found[:, 1] == pytest.approx(found[:, 0] / 1e4, rel=1e-2)
    assert (np.diff(found[:, 3]) > 0.05).all(), "each has its source delay"
    assert talk.error() == 0


def test_linear_and_logarithmic_sweeps_have_their_points(talk: Talk) -> None:
    talk.write(":SOUR:VOLT:STAR 0.1;STOP 1;MODE SWE;:SOUR:SWE:POIN 4;:SENS:CURR:PROT 1e-2;:TRIG:COUN 4;:OUTP ON")
    assert rows(talk, ":READ?")[:, 0] == pytest.approx([0.1, 0.4, 0.7, 1.0], rel=1e-3)
    talk.write(":SOUR:SWE:SPAC LOG;POIN 3;:TRIG:COUN 3")
    assert rows(talk, ":READ?")[:, 0] == pytest.approx([0.1, np.sqrt(0.1), 1.0], rel=1e-3)


def test_arm_and_trigger_counts_multiply_and_are_at_most_2500(talk: Talk) -> None:
    assert len(rows(talk, ":ARM:COUN 3;:TRIG:COUN 4;:OUTP ON;:READ?")) == 12
    talk.write(":TRIG:COUN 1000")
    assert talk.error() == -221


def test_the_arm_timer_spaces_passes_after_an_immediate_first(talk: Talk) -> None:
    # p. 11-13: detection "occurs immediately on the initial pass", then when the interval has elapsed.
    found = rows(talk, ":ARM:SOUR TIM;TIM 2;COUN 3;:TRIG:COUN 2;:SENS:CURR:NPLC 0.1;:OUTP ON;:READ?")
    assert found[::2, 3] - found[0, 3] == pytest.approx([0.0, 2.0, 4.0], abs=1e-3)
    assert (found[1::2, 3] - found[::2, 3] < 0.02).all()


def test_a_bus_trigger_counts_only_where_the_arm_layer_waits_for_it(talk: Talk) -> None:
    talk.write("*TRG")
    assert talk.error() == -211
    talk.write(":ARM:SOUR BUS;:OUTP ON;:INIT")
    talk.wait(5.0)
    talk.write(":FETC?")
    assert talk.error() == -230, "nothing was measured yet"
    talk.write("*TRG")
    talk.wait(1.0)
    assert len(numbers(talk.ask(":FETC?"))) == 5
    assert talk.error() == 0


def test_compliance_holds_and_is_told(talk: Talk) -> None:
    (found,) = rows(talk, ":SOUR:VOLT 1;:SENS:CURR:PROT 1e-5;:SENS:FUNC 'VOLT','CURR';:OUTP ON;:READ?")
    assert found[1] == pytest.approx(1e-5, rel=1e-3)
    assert found[0] == pytest.approx(0.1, rel=1e-3)  # what is left over 10 kohm
    assert int(found[4]) & 1 << 3
    assert talk.ask(":SENS:CURR:PROT:TRIP?") == "1"


def test_automatic_ohms_source_their_own_test_current_and_manual_ones_do_not(talk: Talk) -> None:
    (found,) = rows(talk, ":MEAS:RES?")
    assert found[2] == pytest.approx(1e4, rel=1e-2)
    assert talk.ask(":SOUR:FUNC?") == "CURR"
    talk.write("*RST;:SENS:RES:MODE MAN;:SOUR:VOLT 0.1")
    (found,) = rows(talk, ":MEAS:RES?")
    assert found[2] == pytest.approx(1e4, rel=1e-2)
    assert talk.ask(":SOUR:FUNC?") == "VOLT"


def test_the_data_store_fills_once_and_tells_the_status_byte(talk: Talk) -> None:
    talk.write(":SENS:FUNC:ALL;:SENS:RES:MODE MAN;:SOUR:VOLT 0.1;:OUTP ON;:STAT:MEAS:ENAB 512;*SRE 1")
    talk.write(":TRAC:CLE;:TRAC:POIN 3;:TRAC:FEED SENS;:TRAC:FEED:CONT NEXT;:TRIG:COUN 2;:INIT")
    talk.wait(1.0)
    assert talk.ask(":TRAC:POIN:ACT?;:TRAC:FEED:CONT?") == "2;NEXT"
    assert int(talk.ask("*STB?")) & 65 == 0
    talk.write(":INIT")
    talk.wait(1.0)
    assert talk.ask(":DATA:POIN:ACT?;:DATA:FEED:CONT?") == "3;NEV"  # p. 18-21: DATA is another name of TRACe
    assert int(talk.ask("*STB?")) & 65 == 65
    assert int(talk.ask(":STAT:MEAS?")) & 512, "buffer full"
    stored = numbers(talk.ask(":TRAC:DATA?")).reshape(3, 5)
    assert stored[0, 3] == 0.0, "the first is at 0 s (p. 9-3)"
    talk.write(":TRAC:TST:FORM DELT")
    deltas = numbers(talk.ask(":TRAC:DATA?")).reshape(3, 5)[:, 3]
    assert deltas == pytest.approx(np.diff(stored[:, 3], prepend=0.0), abs=1e-6)
    for name, statistic in (("MEAN", np.mean), ("MAX", np.max), ("MIN", np.min), ("PKPK", np.ptp)):
        expected = statistic(stored[:, :3], axis=0)  # voltage, current, resistance (p. 18-43)
        found = numbers(talk.ask(f":CALC3:FORM {name};:CALC3:DATA?"))
        assert (np.abs(found - expected) < 1.5e-6 * stored[0, :3]).all(), "but for the seven digits of the text"
    talk.write("*RST")
    assert talk.ask(":TRAC:POIN?") == "3", "*RST leaves the data store alone (p. 18-21)"


def test_statistics_of_an_empty_store_are_stale(talk: Talk) -> None:
    talk.write(":CALC3:DATA?")
    assert talk.error() == -230


@pytest.mark.parametrize(("order", "mark"), [("NORM", ">"), ("SWAP", "<")])
def test_binary_readings_have_two_bytes_before_and_one_behind(talk: Talk, order: str, mark: str) -> None:
    # p. 18-49: 2 + (readings x 4) + 1 bytes.
    talk.write(":FORM:ELEM CURR;:SOUR:VOLT 0.1;:TRIG:COUN 10;:OUTP ON;:READ?")
    talk.wait(10.0)
    expected = numbers(talk.raw().decode())
    talk.write(f":FORM REAL,32;:FORM:BORD {order};:FETC?")
    answer = talk.raw()
    assert len(answer) == 43
    assert answer[:2] == b"#0"
    assert answer[-1:] == b"\n"
    np.testing.assert_allclose(struct.unpack(f"{mark}10f", answer[2:-1]), expected, rtol=1e-6)


def test_four_wire_sensing_survives_output_off_unlike_the_touch_models(talk: Talk) -> None:
    talk.write(":SYST:RSEN ON;:OUTP ON;:OUTP OFF")
    assert talk.ask(":SYST:RSEN?") == "1"


def test_output_off_ends_an_operation(talk: Talk) -> None:
    talk.write(":TRIG:COUN 2500;:OUTP ON;:INIT")
    talk.wait(1.0)
    talk.write(":OUTP OFF")
    assert talk.ask("*OPC?") == "1"
    assert talk.error() == 0


def test_an_open_output_enable_blocks_the_output(talk: Talk) -> None:
    talk.device.inject("interlock-open")
    talk.write("*CLS;:OUTP ON")
    assert talk.error() == 802
    assert talk.ask(":OUTP?") == "0"


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (":SOUR:LIST:VOLT " + ",".join(["0"] * 101), -223),
        (":SOUR:VOLT 211", -222),
        (":FORM:ELEM READ", -224),
        (":SENS:FUNC 'POW'", -224),
        (":SYST:LFR 55", -222),
        (":SOUR:VOLT:MODE LIST;:OUTP ON;:INIT", -221),
        (":CALC1:STAT ON", -113),
        (":FORM REAL,64", -222),
    ],
)
def test_what_it_does_not_take_is_refused(talk: Talk, line: str, number: int) -> None:
    talk.write(line)
    assert talk.error() == number
