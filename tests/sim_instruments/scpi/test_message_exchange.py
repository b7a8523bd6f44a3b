"""Does the message exchange keep to IEEE 488.2: status, error queue, order of answers; and survive anything?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.alphabets import CHARACTERS
from tests.properties import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sim_instruments.conftest import Talk


def test_identity_has_four_fields_and_names_the_model(talk: Talk) -> None:
    fields = talk.ask("*IDN?").split(",")
    assert len(fields) == 4
    assert fields[:2] == ["KEITHLEY INSTRUMENTS", "MODEL 2461"]
    assert talk.ask("*LANG?") == "SCPI"


def test_power_on_shows_once_in_the_event_status_register(talk: Talk) -> None:
    assert [talk.ask("*ESR?"), talk.ask("*ESR?")] == ["128", "0"]


@pytest.mark.parametrize(
    ("line", "number", "bit"),
    [
        (":SOUR:VOLT:", -102, 32),
        ("::OUTP", -102, 32),
        (":FOO:BAR 1", -113, 32),
        ("*FOO", -113, 32),
        (":OUTP?;:BAR?", -113, 32),
        (":SOUR2:VOLT 1", -114, 32),
        (":SOUR:VOLT 1,2", -108, 32),
        (":SOUR:VOLT", -109, 32),
        (":SOUR:VOLT 1 A", -131, 32),
        (":SENS:CURR:NPLC 1 V", -138, 32),
        (":SOUR:VOLT abc", -224, 16),
        (":SOUR:VOLT 1e", -131, 32),
        (":SOUR:VOLT 1..2", -121, 32),
        (':SOUR:VOLT "1"', -104, 32),
        (":SOUR:VOLT #13abc", -168, 32),
        (':TRAC:MAKE "abc, 10', -151, 32),
        (":FORM 7", -141, 32),
        (":SOUR:VOLT 1,,2", -103, 32),
        (":SOUR:VOLT:DEL:USER6 1", -114, 32),
        (":SOUR:VOLT 200", -222, 16),
        (":OUTP:VOLT:SMOD OFF", -224, 16),
        (":SOUR:FUNC RES", -224, 16),
        (":SOUR:CONF:LIST:RARE", -113, 32),
        (":SYSTEMSYSTEMSYSTEM:ERR?", -112, 32),
        (":INIT", -213, 16),
        ("*TRG", -211, 16),
        (':TRAC:DATA? 1,5,"defbuffer1"', -222, 16),
        (':TRAC:DATA? 1,5,"defbuffer1",FOO', 1133, 16),
        (":FETC?", -230, 16),
        (':TRAC:ACT? "nobody"', -224, 16),
        (":SOUR:LIST:VOLT " + ",".join(["0"] * 101), -223, 16),
        (":OUTP \x07", -101, 32),
        (":OUTP \xff", -101, 32),
    ],
)
def test_each_refusal_has_its_number_and_its_status_bit(talk: Talk, line: str, number: int, bit: int) -> None:
    talk.write("*CLS")
    talk.exchange.receive(line.encode("latin-1") + b"\n")
    talk.raw()
    assert talk.ask("*ESR?") == str(bit)
    assert talk.error() == number
    assert talk.ask(":SYST:ERR?") == '0,"No error"'


def test_a_command_error_discards_the_rest_and_an_execution_error_does_not(talk: Talk) -> None:
    talk.write(":FOO;:SOUR:VOLT 0.1")
    assert float(talk.ask(":SOUR:VOLT?")) == 0.0
    talk.write(":SOUR:VOLT 200;:SOUR:VOLT 0.1")
    assert float(talk.ask(":SOUR:VOLT?")) == 0.1


def test_answers_of_one_message_are_joined_by_semicolons(talk: Talk) -> None:
    assert talk.ask(":OUTP?;:SOUR:FUNC?;*OPC?") == "0;VOLT;1"


def test_error_queue_is_first_in_first_out_and_overflows_to_minus_350(talk: Talk) -> None:
    talk.write("*CLS", ":FOO", ":SOUR:VOLT 200")
    assert talk.ask(":SYST:ERR:COUN?") == "2"
    assert [talk.error(), talk.error(), talk.error()] == [-113, -222, 0]
    talk.write(*[":FOO"] * 150)
    count = int(talk.ask(":SYST:ERR:COUN?"))
    errors = [talk.error() for _ in range(count)]
    assert errors[-1] == -350
    assert set(errors[:-1]) == {-113}


def test_cls_clears_events_and_queue_but_no_enable_register(talk: Talk) -> None:
    talk.write("*ESE 48;*SRE 32;:STAT:OPER:ENAB 5", ":FOO", "*CLS")
    assert talk.ask("*ESE?;*SRE?;*ESR?;:STAT:OPER:ENAB?;:SYST:ERR:COUN?") == "48;32;0;5;0"
    talk.write(":STAT:PRES")
    assert talk.ask(":STAT:OPER:ENAB?") == "0"


def test_status_byte_sums_up_errors_and_enabled_events(talk: Talk) -> None:
    talk.write("*CLS;*ESE 32")
    assert talk.ask("*STB?") == "0"
    talk.write(":FOO")
    assert int(talk.ask("*STB?")) == 4 + 32  # error available, event summary
    talk.write("*SRE 32")
    assert int(talk.ask("*STB?")) == 4 + 32 + 64  # and master summary
    talk.ask("*ESR?")
    assert int(talk.ask("*STB?")) == 4
    assert talk.ask("*OPC?;*STB?") == "1;20"  # an answer waits: message available


def test_operation_register_follows_the_trigger_model_events_that_are_mapped(talk: Talk) -> None:
    # 2731 running, 2732 idle again: 2461 reference manual p. C-10.
    talk.write("*CLS;:STAT:OPER:MAP 3,2731,2732;ENAB 8", ":TRIG:BLOC:DEL:CONS 1,0.5", ":INIT")
    assert talk.ask(":STAT:OPER:COND?") == "8"
    assert int(talk.ask("*STB?")) == 128
    talk.wait(1.0)
    assert talk.ask(":STAT:OPER:COND?;:STAT:OPER?;:STAT:OPER?") == "0;8;0"


def test_opc_waits_for_the_overlapped_operation_and_wai_holds_the_next_command(talk: Talk) -> None:
    talk.write("*CLS", ":TRIG:BLOC:DEL:CONS 1,2", ":INIT;*OPC", "*WAI;:SOUR:VOLT 0.1;*OPC?")
    assert talk.raw() == b""
    talk.wait(1.9)
    assert talk.raw() == b""
    talk.wait(0.2)
    assert talk.raw() == b"1\n"
    assert talk.ask("*ESR?") == "1"
    assert float(talk.ask(":SOUR:VOLT?")) == 0.1


def test_reset_leaves_status_alone_and_switches_off(talk: Talk) -> None:
    talk.write("*ESE 16;:SOUR:VOLT 0.1;:OUTP ON", "*RST")
    assert talk.ask(":OUTP?;*ESE?") == "0;16"
    assert float(talk.ask(":SOUR:VOLT?")) == 0.0


def test_crlf_blank_lines_and_empty_units_are_no_errors(talk: Talk) -> None:
    talk.exchange.receive(b"\r\n\n;\n*CLS;\r\n:OUTP?;;:OUTP?\r\n")
    assert talk.raw() == b"0;0\n"
    assert talk.error() == 0


def test_a_line_too_long_is_an_input_overrun_and_the_next_is_understood(talk: Talk) -> None:
    talk.write("*CLS")
    for _ in range(30):
        talk.exchange.receive(b"x" * 50_000)
    talk.exchange.receive(b"\n*OPC?\n")
    assert talk.raw() == b"1\n"
    assert talk.error() == -363


def test_bytes_may_come_one_at_a_time(talk: Talk) -> None:
    for byte in b":SOUR:VOLT 0.05;:SOUR:VOLT?\n":
        talk.exchange.receive(bytes([byte]))
    assert float(talk.raw()) == 0.05


_PIECES = [
    ":SOUR:VOLT", ":TRAC:DATA?", ":TRIG:BLOC:DIG", ":TRIG:BLOC:BRAN:ALW", ":INIT", ":ABOR", "*RST", "*OPC", ":FORM",
    ":TRAC:MAKE", ":OUTP", ":READ?", ":DIG:FUNC", ":SOUR:CONF:LIST:CRE", ":SOUR:CONF:LIST:STOR", ":TRIG:BLOC:CONF:NEXT",
    ":TRIG:BLOC:DEL:DYN", ":SOUR:PULS:TR:VOLT", ":SOUR:SWE:VOLT:LIST", ":SENS:COUN", ":TRIG:LOAD", ":TRAC:POIN", "*ESE",
    " 1", " 2", ",", ";", "?", '"a"', '"defbuffer1"', '"CURR"', " ON", " INF", " 1e999", "-1", " REAL", " MIN", "#0",
    "'", '"', ":", "USER2", " SOUR1", " READ,REL", "\t", " 10 mV", "9" * 5000, " \"SimpleLoop\"", " 0",
]  # fmt: skip


@settings(max_examples=examples(150))
@given(st.lists(st.sampled_from(_PIECES) | st.text(CHARACTERS, max_size=6), max_size=40), st.floats(0.0, 3.0))
def test_no_line_whatever_crashes_it_or_puts_answers_out_of_step(
    new_talk: Callable[..., Talk], pieces: list[str], wait: float
) -> None:
    talk = new_talk()
    talk.exchange.receive("".join(pieces).encode("utf-8", "replace") + b"\n")
    talk.wait(wait)
    talk.write(":ABOR", ":ABOR")  # another client's way out of an endless run
    other = type(talk.exchange)(talk.device)
    other.receive(b":ABOR\n")
    talk.wait(1e9 if talk.exchange.waiting else 0.0)
    talk.raw()
    talk.write("*CLS;:FORM ASC;*OPC?")
    assert talk.raw() == b"1\n"
    assert talk.ask(":SYST:ERR?") == '0,"No error"'
