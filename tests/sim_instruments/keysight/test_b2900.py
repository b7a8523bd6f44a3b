"""Does the simulated B2912A do what its manual says? (not through our driver)

Pages are those of the Agilent B2900 SCPI command reference, edition 2, unless another book is named.
"""

from __future__ import annotations

import contextlib
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_instruments.scpi.parser import ChannelList
from sim_instruments.scpi.status import ScpiError
from tests.sim_instruments.keysight.b2900_client import Talk


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_errors_have_signs_and_the_empty_queue_says_plus_zero(talk: Talk) -> None:
    assert talk.ask(":SYST:ERR?") == '+0,"No error"'  # p. 5-2
    talk.write(":FOO")
    assert talk.error() == -113


def test_a_spot_measurement_switches_the_output_on_by_itself(talk: Talk) -> None:
    # "the source output is automatically turned on when the :INITiate or :READ command is sent" (B2961A p. 4-67)
    assert talk.ask(":OUTP?;:OUTP:ON:AUTO?") == "0;1"
    talk.write(":SOUR:VOLT 0.05;:SENS:CURR:PROT 1e-3")
    assert talk.numbers(":MEAS:CURR? (@1)")[0] == pytest.approx(5e-6, rel=1e-3)
    assert talk.ask(":OUTP?") == "1"


def test_with_output_on_auto_off_a_trigger_leaves_the_output_off(talk: Talk) -> None:
    talk.write(":OUTP:ON:AUTO OFF;:SOUR:VOLT 0.05;:INIT (@1)")
    talk.wait(0.1)
    assert talk.ask(":OUTP?") == "0"
    assert abs(talk.numbers(":FETC:CURR?")[0]) < 1e-8


def test_all_elements_come_in_the_manuals_order_until_some_are_chosen(talk: Talk) -> None:
    talk.write(":SENS:FUNC:ALL;:SOUR:VOLT 0.1;:SENS:CURR:PROT 1e-3")
    voltage, current, resistance, _, status, source = talk.numbers(":MEAS? (@1)")
    assert voltage == pytest.approx(0.1, rel=1e-3)
    assert source == 0.1
    assert resistance == pytest.approx(voltage / current, rel=1e-6)
    assert status == 0
    talk.write(":FORM:ELEM:SENS SOUR,CURR")  # whatever the order of the command (B2961A p. 4-21)
    assert talk.ask(":FORM:ELEM:SENS?") == "CURR,SOUR"
    assert len(talk.numbers(":MEAS? (@1)")) == 2


def test_a_function_that_is_not_measured_is_not_a_number(talk: Talk) -> None:
    assert talk.numbers(":MEAS? (@1)")[2] == 9.91e37  # p. 1-12


def test_transient_and_acquire_have_triggers_of_their_own(talk: Talk) -> None:
    talk.start_list(":FORM:ELEM:SENS TIME,SOUR")
    talk.wait(0.1)
    assert talk.ask(":TRAC:POIN:ACT?") == "40"
    rows = np.reshape(talk.numbers(":TRAC:DATA?"), (40, 2))
    np.testing.assert_allclose(rows[:, 0], np.arange(40) * 1e-4, atol=1e-9)
    np.testing.assert_array_equal(rows[:, 1], np.repeat([0, 0.01, 0.01, 0], 10))


def test_the_trace_can_be_read_while_it_fills_and_in_parts(talk: Talk) -> None:
    talk.start_list(":FORM:ELEM:SENS CURR")
    talk.wait(0.005 + 0.00095)  # the relay, and nine samples
    assert talk.ask(":TRAC:POIN:ACT?;:TRAC:FEED:CONT?;:STAT:OPER:COND?").split(";")[:2] == ["9", "NEXT"]
    early = talk.numbers(":TRAC:DATA? 2,3")
    talk.wait(0.1)
    whole = talk.numbers(":TRAC:DATA?")
    assert (len(whole), whole[2:5]) == (40, early)
    assert talk.ask(":TRAC:FEED:CONT?;:TRAC:FREE?") == "NEV;0,40", "a full buffer closes itself (p. 4-147)"


def test_operation_status_says_which_action_is_idle(talk: Talk) -> None:
    talk.start_list()
    talk.wait(0.006)
    assert int(talk.ask(":STAT:OPER:COND?")) & (1 << 1 | 1 << 4) == 0
    talk.wait(0.1)
    assert int(talk.ask(":STAT:OPER:COND?")) & (1 << 1 | 1 << 4) == 1 << 1 | 1 << 4


@pytest.mark.parametrize(("auto", "after"), [("ON", "0"), ("OFF", "1")])
def test_output_off_auto_ends_a_program_with_the_output_off(talk: Talk, auto: str, after: str) -> None:
    talk.start_list(f":OUTP:OFF:AUTO {auto}")
    talk.wait(0.006)
    assert talk.ask(":OUTP?") == "1"
    talk.wait(0.1)
    assert talk.ask(":OUTP?") == after


def test_a_list_that_is_over_returns_to_the_immediate_level_unless_it_continues(talk: Talk) -> None:
    for continues, level in (("OFF", 0.02), ("ON", 0.01)):
        talk.write("*RST", ":SOUR:VOLT 0.02;:SENS:CURR:PROT 1e-3;:FORM:ELEM:SENS SOUR")
        talk.write(f":SOUR:VOLT:MODE LIST;:SOUR:LIST:VOLT 0,0.01;:SOUR:FUNC:TRIG:CONT {continues};:TRIG:COUN 2")
        talk.write(":INIT (@1)")
        talk.wait(0.1)
        assert talk.numbers(":MEAS? (@1)") == [level]


def test_blocks_are_definite_and_most_significant_byte_first(talk: Talk) -> None:
    talk.write(":FORM:ELEM:SENS SOUR;:SOUR:VOLT 0.1;:SENS:CURR:PROT 1;:FORM REAL,64")
    assert talk.ask(":FORM?;:FORM:BORD?") == "REAL,64;NORM"
    answer = talk.raw(":MEAS? (@1)")
    assert (answer[:3], answer[11:]) == (b"#18", b"\n")
    assert struct.unpack(">d", answer[3:11])[0] == pytest.approx(0.1, abs=1e-12)
    talk.write(":FORM REAL,32;:FORM:BORD SWAP")
    assert talk.raw(":MEAS? (@1)") == b"#14" + struct.pack("<f", 0.1) + b"\n"


def test_a_current_beyond_the_range_is_infinite_and_flagged(talk: Talk) -> None:
    talk.write(":SOUR:VOLT 0.1;:SENS:CURR:RANG 1e-6;:SENS:CURR:PROT 1e-3;:FORM:ELEM:SENS CURR,STAT")
    assert talk.numbers(":MEAS? (@1)") == [9.9e37, 8192]  # p. 1-14
    talk.write(":FORM REAL,64")
    assert struct.unpack(">dd", talk.raw(":MEAS? (@1)")[4:-1]) == (np.inf, 8192)


def test_compliance_limits_the_current_and_is_told(talk: Talk) -> None:
    talk.write(":SOUR:VOLT 0.1;:SENS:CURR:PROT 5e-6;:FORM:ELEM:SENS CURR,STAT")
    current, status = talk.numbers(":MEAS? (@1)")
    assert current == pytest.approx(5e-6, rel=1e-3)
    assert int(status) & 6
    assert talk.ask(":SENS:CURR:PROT:TRIP?;:OUTP?") == "1;1"


def test_protection_switches_the_output_off_at_compliance(talk: Talk) -> None:
    talk.start_list(":OUTP:PROT ON;:SENS:CURR:PROT 5e-7;:FORM:ELEM:SENS CURR,STAT")
    talk.wait(0.1)
    assert talk.ask(":OUTP?") == "0"
    rows = np.reshape(talk.numbers(":TRAC:DATA?"), (-1, 2))
    assert len(rows) == 11, "the first sample at 10 mV is the last of all"
    assert rows[-1, 1] == 2


def test_high_impedance_keeps_a_charged_cell_from_discharging_through_the_source() -> None:
    for mode, current in (("HIZ", 0.0), ("ZERO", -1e-6)):
        talk = Talk("rc")
        talk.write(f":OUTP:OFF:MODE {mode};:SENS:CURR:PROT 1;:SOUR:VOLT 0.1;:OUTP ON")
        talk.wait(10.0)
        channel = talk.device.channels[1]
        channel.switch_output(talk.clock.now(), on=False)
        flowing = channel.drive.readings(talk.clock.now() + 1e-4, 1e-3, 0, 1, 1e-4)[0]
        assert flowing == 0.0 if current == 0.0 else flowing < current


def test_arm_and_trigger_wait_for_the_bus(talk: Talk) -> None:
    talk.write(":TRIG:ACQ:SOUR BUS;:TRIG:ACQ:COUN 3;:TRAC:FEED:CONT NEXT", ":INIT:ACQ (@1)")
    talk.wait(1.0)
    for taken in (1, 2, 3):
        talk.write("*TRG" if taken < 3 else ":TRIG:ACQ (@1)")
        talk.wait(0.1)
        assert talk.ask(":TRAC:POIN:ACT?") == str(taken)
    talk.write("*TRG")
    assert talk.error() == -211


def test_arm_counts_repeat_the_trigger_layer(talk: Talk) -> None:
    talk.write(":TRAC:FEED:CONT NEXT;:TRIG:ACQ:SOUR TIM;:TRIG:ACQ:TIM 0.01;:TRIG:ACQ:COUN 3")
    talk.write(":ARM:ACQ:SOUR TIM;:ARM:ACQ:TIM 1;:ARM:ACQ:COUN 2;:FORM:ELEM:SENS TIME", ":INIT:ACQ (@1)")
    talk.wait(3.0)
    np.testing.assert_allclose(talk.numbers(":TRAC:DATA?"), [0, 0.01, 0.02, 1, 1.01, 1.02], atol=1e-6)


def test_a_timer_faster_than_the_measurement_loses_events_and_says_so(talk: Talk) -> None:
    talk.write(":SENS:CURR:APER 3e-3;:TRIG:ACQ:SOUR TIM;:TRIG:ACQ:TIM 1e-3;:TRIG:ACQ:COUN 5;:TRAC:FEED:CONT NEXT")
    talk.write(":FORM:ELEM:SENS TIME", ":INIT:ACQ (@1)")
    talk.wait(1.0)
    np.testing.assert_allclose(talk.numbers(":TRAC:DATA?"), np.arange(5) * 3e-3, atol=1e-8)
    assert int(talk.ask(":STAT:QUES:COND?")) & 1 << 12  # p. 4-116


def test_read_waits_for_its_data_and_opc_for_the_triggers(talk: Talk) -> None:
    talk.write(":SOUR:VOLT 0.1;:SENS:CURR:PROT 1e-3;:TRIG:SOUR TIM;:TRIG:TIM 0.1;:TRIG:COUN 3")
    assert len(talk.numbers(":READ:ARR:CURR? (@1)")) == 3
    talk.write(":INIT (@1)")
    before = talk.clock.now()
    assert talk.ask("*OPC?") == "1"
    assert talk.clock.now() - before == pytest.approx(0.2, abs=0.01)


def test_pulses_go_from_base_to_peak_and_back(talk: Talk) -> None:
    talk.write(":SOUR:FUNC:SHAP PULS;:SOUR:VOLT 0;:SOUR:VOLT:TRIG 0.1;:SOUR:PULS:DEL 1e-3;:SOUR:PULS:WIDT 2e-3")
    talk.write(":SENS:CURR:PROT 1e-3;:SENS:CURR:APER 8e-5;:SENS:WAIT OFF;:TRIG:ACQ:SOUR TIM;:TRIG:ACQ:TIM 1e-3")
    talk.write(":TRIG:ACQ:COUN 4;:TRIG:ACQ:DEL 5e-4;:TRIG:TRAN:SOUR TIM;:TRIG:TRAN:TIM 1;:FORM:ELEM:SENS SOUR")
    talk.write(":TRAC:FEED:CONT NEXT", ":INIT (@1)")
    talk.wait(1.0)
    assert talk.numbers(":TRAC:DATA?") == [0, 0.1, 0.1, 0]


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (":MEAS? (@3)", -222),
        (":MEAS? (@1", -171),
        (":MEAS? 1", -104),
        (":SOUR:VOLT (@1)", -178),
        (":TRAC:POIN 100001", -222),
        (":TRAC:FEED:CONT NEXT;:TRAC:POIN 10", -221),
        (":SOUR:LIST:VOLT 300", -222),
        (":SOUR:VOLT:RANG 0.2;:SOUR:VOLT 1", -222),
        (":SOUR3:VOLT 1", -114),
        (":SENS:FUNC CURR", -104),
        (":OUTP:OFF:MODE OPEN", -224),
        (":INIT (@1);:INIT (@1)", -213),
        ("*TRG", -211),
        (":FETC? (@2)", -230),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_number(talk: Talk, line: str, number: int) -> None:
    talk.write(line)
    assert talk.error() == number


def test_a_list_holds_2500_points(talk: Talk) -> None:
    talk.write(":SOUR:LIST:VOLT " + ",".join(["0.1"] * 2500))
    assert talk.ask(":SOUR:LIST:VOLT:POIN?") == "2500"
    talk.write(":SOUR:LIST:VOLT:APP 0.1")
    assert talk.error() == -223


def test_apertures_beyond_their_limits_become_the_limits(talk: Talk) -> None:
    for asked, becomes in (("1e-6", 8e-6), ("5", 2.0)):  # p. 4-73
        talk.write(f":SENS:CURR:APER {asked}")
        assert talk.numbers(":SENS:CURR:APER?") == [becomes]
    assert talk.error() == 0


def test_both_channels_answer_side_by_side_and_the_open_one_passes_nothing(talk: Talk) -> None:
    talk.write(":SOUR1:VOLT 0.1;:SOUR2:VOLT 0.1;:SENS1:CURR:PROT 1e-3")
    first, second = talk.numbers(":MEAS:CURR? (@1,2)")
    assert first == pytest.approx(1e-5, rel=1e-3)
    assert abs(second) < 1e-9


@given(first=st.integers(1, 2), last=st.integers(1, 2))
def test_channel_lists_are_read_as_scpi_says(first: int, last: int) -> None:
    read = ChannelList(2)
    assert read(f"(@{first},{last})") == (first, last)
    assert read(f"( @ {first} : {last} )") == tuple(
        range(first, last + 1) if first <= last else range(first, last - 1, -1)
    )


@given(st.text(alphabet="(@1,:)2 a", max_size=8))
def test_any_other_text_is_refused_as_a_channel_list(text: str) -> None:
    channels: tuple[int, ...] = (1,)
    with contextlib.suppress(ScpiError):
        channels = ChannelList(2)(text)
    assert set(channels) <= {1, 2}


@given(
    st.lists(
        st.sampled_from([":SOUR:VOLT", "*TRG", ":INIT (@1)", ":ABOR", ":READ?", ":TRAC:DATA? 1", "(@", "?", "1e9"])
    )
)
def test_random_lines_leave_it_able_to_answer(parts: list[str]) -> None:
    talk = Talk()
    talk.write(";".join(parts), " ".join(parts))
    while talk.exchange.waiting:
        talk.wait(1.0)
    talk.exchange.output.clear()
    assert talk.ask("*CLS;*IDN?").startswith("Keysight Technologies,B2912A,")


@pytest.mark.parametrize("fault", ["interlock-open", "overtemperature"])
def test_an_emergency_switches_the_output_off_and_holds_it(talk: Talk, fault: str) -> None:
    talk.write(":OUTP ON")
    talk.device.inject(fault)
    assert talk.ask(":OUTP?") == "0"
    talk.write(":OUTP ON")
    assert talk.error() == -221
    assert int(talk.ask(":STAT:QUES:COND?")) != 0


def test_a_reboot_forgets_the_program_and_says_power_on(talk: Talk) -> None:
    talk.start_list()
    talk.ask("*ESR?")
    talk.device.inject("reboot")
    assert talk.ask("*ESR?;:OUTP?;:SOUR:LIST:VOLT:POIN?;:TRAC:POIN:ACT?") == "128;0;1;0"
