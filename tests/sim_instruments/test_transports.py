"""Is a simulated instrument reached over every transport as the standards say? Plain pyvisa-py and pyserial ask."""

from __future__ import annotations

import time
from typing import Any

import pytest
import pyvisa
import serial

from sim_instruments.faults import Fault
from tests.serving import served

IDENTITY = "KEITHLEY INSTRUMENTS,MODEL 2461"


def opened(resource: str) -> Any:
    return pyvisa.ResourceManager("@py").open_resource(
        resource, timeout=2000, read_termination="\n", write_termination="\n"
    )


@pytest.mark.parametrize("transport", ["socket", "hislip", "vxi11", "pty"])
def test_it_answers_and_sends_blocks_over_every_transport(transport: str) -> None:
    with served(transport) as one:
        session = opened(one.resources[""])
        assert session.query("*IDN?").startswith(IDENTITY)
        assert session.query(":SOUR:VOLT 0.25;:SOUR:VOLT?") == "0.25"
        assert float(session.query(":SENS:COUN 100;:SENS:CURR:NPLC 0.01;:OUTP ON;:READ?")) > 0.0
        session.write(":FORM REAL")
        if transport in {"hislip", "vxi11"}:
            session.read_termination = None  # else pyvisa ends at each byte 10 of the data
            session.write(":TRAC:DATA? 1, 100, 'defbuffer1', READ")
            assert len(session.read_raw(10_000)) == 2 + 100 * 8 + 1
        assert session.query(":SYST:ERR:COUN?").strip() == "0"
        session.close()


@pytest.mark.parametrize("transport", ["hislip", "vxi11"])
def test_status_byte_is_polled_and_shows_a_waiting_answer_and_an_error(transport: str) -> None:
    with served(transport) as one:
        session = opened(one.resources[""])
        session.write("*CLS;*SRE 4")
        assert session.read_stb() == 0
        session.write("*OPC?")
        time.sleep(0.05)
        assert session.read_stb() & 0x10
        assert session.read() == "1"
        assert not session.read_stb() & 0x10
        session.write(":NONSENSE")
        time.sleep(0.05)
        assert session.read_stb() == 0x40 | 0x04  # error queue, and a summary of what is enabled
        session.close()


@pytest.mark.parametrize("transport", ["hislip", "vxi11"])
def test_an_answer_that_is_not_read_is_interrupted_by_the_next_message(transport: str) -> None:
    with served(transport) as one:
        session = opened(one.resources[""])
        session.write("*OPC?")
        time.sleep(0.05)
        session.write(":SOUR:VOLT 0.5")
        assert session.query(":SYST:ERR?").startswith("-410")
        assert session.query(":SOUR:VOLT?") == "0.5"
        session.close()


def test_reading_where_there_is_nothing_to_say_is_unterminated() -> None:
    with served("vxi11") as one:
        session = opened(one.resources[""])
        session.timeout = 300
        with pytest.raises(pyvisa.errors.VisaIOError):
            session.read()
        session.timeout = 2000
        assert session.query(":SYST:ERR?").startswith("-420")
        session.close()


@pytest.mark.parametrize("transport", ["hislip", "vxi11"])
def test_a_query_after_an_indefinite_answer_is_refused(transport: str) -> None:
    with served(transport) as one:
        session = opened(one.resources[""])
        session.write("*IDN?;*OPC?")
        time.sleep(0.05)
        assert session.query(":SYST:ERR?").startswith("-440")
        session.close()


def test_device_clear_forgets_the_answer_and_leaves_the_settings() -> None:
    with served("vxi11") as one:
        session = opened(one.resources[""])
        session.write(":SOUR:VOLT 0.75;:SOUR:VOLT?")
        time.sleep(0.05)
        session.clear()
        assert session.query(":SOUR:VOLT?") == "0.75"
        assert session.query(":SYST:ERR:COUN?") == "0"
        session.close()


def test_a_trigger_without_anything_that_waits_for_it_is_ignored_with_an_error() -> None:
    with served("vxi11") as one:
        session = opened(one.resources[""])
        session.assert_trigger()
        assert session.query(":SYST:ERR?").startswith("-211")
        session.close()


def test_a_raw_socket_queues_answers() -> None:
    with served("socket") as one:
        session = opened(one.resources[""])
        session.write("*OPC?")
        session.write(":SOUR:VOLT 0.5")
        session.write(":SYST:ERR:COUN?")
        assert [session.read(), session.read()] == ["1", "0"]
        session.close()


def test_a_serial_line_outlives_its_clients() -> None:
    with served("pty") as one:
        path = one.resources[""].removeprefix("ASRL").removesuffix("::INSTR")
        for _ in range(3):
            with serial.Serial(path, timeout=2) as line:
                line.write(b"*IDN?\n")
                assert line.readline().decode().startswith(IDENTITY)


def test_two_clients_have_conversations_of_their_own() -> None:
    with served("hislip") as one:
        first, second = opened(one.resources[""]), opened(one.resources[""])
        first.write("*IDN?")
        assert second.query("*OPC?") == "1"
        assert first.read().startswith(IDENTITY)
        first.close()
        second.close()


def test_a_lock_of_one_link_keeps_the_others_out() -> None:
    with served("vxi11") as one:
        first, second = opened(one.resources[""]), opened(one.resources[""])
        first.lock_excl(timeout=500)
        with pytest.raises(pyvisa.errors.VisaIOError):
            second.write("*RST")
        first.unlock()
        assert second.query("*OPC?") == "1"
        first.close()
        second.close()


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("no-lf@0", b"KEITHLEY INSTRUMENTS,MODEL 2461,04089762,1.6.8a"),
        ("truncate@8", b"KEITHLEY"),
        ("garble=2@0", bytes([0xFF - ord("K"), 0xFF - ord("E")]) + b"ITHLEY INSTRUMENTS,MODEL 2461,04089762,1.6.8a\n"),
    ],
)
def test_faults_of_the_link_change_just_what_they_say(fault: str, answer: bytes) -> None:
    with served("pty") as one:
        one.host.faults.add(Fault.parse(fault))
        path = one.resources[""].removeprefix("ASRL").removesuffix("::INSTR")
        with serial.Serial(path, timeout=0.3) as line:
            line.write(b"*IDN?\n")
            assert line.read(1000) == answer
            line.write(b"*OPC?\n")
            assert line.readline() == b"1\n"
