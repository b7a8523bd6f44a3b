"""Is a simulated instrument reached over every transport as the standards say? Plain pyvisa-py and pyserial ask."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import ExitStack
from typing import Any

import pytest
import pyvisa
import serial

from sim_instruments.serving.in_process import served_here
from sim_instruments.serving.injected_faults import Fault
from tests.patience import patience, until

IDENTITY = "KEITHLEY INSTRUMENTS,MODEL 2461"


def opened(resource: str) -> Any:
    return pyvisa.ResourceManager("@py").open_resource(
        resource, timeout=1000 * patience(2), read_termination="\n", write_termination="\n"
    )


def waits_to_be_read(session: Any) -> bool:
    """Whether the status byte shows a message available (IEEE 488.2 section 11.2)."""
    return bool(session.read_stb() & 0x10)


@pytest.mark.parametrize("transport", ["socket", "hislip", "vxi11", "pty"])
def test_it_answers_and_sends_blocks_over_every_transport(transport: str) -> None:
    with served_here("keithley2461", transport) as one:
        session = opened(one.resource)
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
    with served_here("keithley2461", transport) as one:
        session = opened(one.resource)
        session.write("*CLS;*SRE 4")
        assert session.read_stb() == 0
        session.write("*OPC?")
        until(lambda: waits_to_be_read(session))
        assert session.read() == "1"
        assert not waits_to_be_read(session)
        session.write(":NONSENSE")
        until(lambda: session.read_stb() != 0)
        assert session.read_stb() == 0x40 | 0x04  # error queue, and a summary of what is enabled
        session.close()


@pytest.mark.parametrize("transport", ["hislip", "vxi11"])
def test_an_answer_that_is_not_read_is_interrupted_by_the_next_message(transport: str) -> None:
    with served_here("keithley2461", transport) as one:
        session = opened(one.resource)
        session.write("*OPC?")
        until(lambda: waits_to_be_read(session))
        session.write(":SOUR:VOLT 0.5")
        assert session.query(":SYST:ERR?").startswith("-410")
        assert session.query(":SOUR:VOLT?") == "0.5"
        session.close()


def test_reading_where_there_is_nothing_to_say_is_unterminated() -> None:
    with served_here("keithley2461", "vxi11") as one:
        session = opened(one.resource)
        session.timeout = 300
        with pytest.raises(pyvisa.errors.VisaIOError):
            session.read()
        session.timeout = 1000 * patience(2)
        assert session.query(":SYST:ERR?").startswith("-420")
        session.close()


@pytest.mark.parametrize("transport", ["hislip", "vxi11"])
def test_a_query_after_an_indefinite_answer_is_refused(transport: str) -> None:
    with served_here("keithley2461", transport) as one:
        session = opened(one.resource)
        session.write("*IDN?;*OPC?")
        until(lambda: session.read_stb() & 0x04 != 0)  # an error is in the queue
        assert session.query(":SYST:ERR?").startswith("-440")
        session.close()


def test_device_clear_forgets_the_answer_and_leaves_the_settings() -> None:
    with served_here("keithley2461", "vxi11") as one:
        session = opened(one.resource)
        session.write(":SOUR:VOLT 0.75;:SOUR:VOLT?")
        until(lambda: waits_to_be_read(session))
        session.clear()
        assert session.query(":SOUR:VOLT?") == "0.75"
        assert session.query(":SYST:ERR:COUN?") == "0"
        session.close()


def test_a_trigger_without_anything_that_waits_for_it_is_ignored_with_an_error() -> None:
    with served_here("keithley2461", "vxi11") as one:
        session = opened(one.resource)
        session.assert_trigger()
        assert session.query(":SYST:ERR?").startswith("-211")
        session.close()


def test_a_raw_socket_queues_answers() -> None:
    with served_here("keithley2461", "socket") as one:
        session = opened(one.resource)
        session.write("*OPC?")
        session.write(":SOUR:VOLT 0.5")
        session.write(":SYST:ERR:COUN?")
        assert [session.read(), session.read()] == ["1", "0"]
        session.close()


def test_a_serial_line_outlives_its_clients() -> None:
    with served_here("keithley2461", "pty") as one:
        path = one.resource.removeprefix("ASRL").removesuffix("::INSTR")
        for _ in range(3):
            with serial.Serial(path, timeout=patience(2)) as line:
                line.write(b"*IDN?\n")
                assert line.readline().decode().startswith(IDENTITY)


def test_two_clients_have_conversations_of_their_own() -> None:
    with served_here("keithley2461", "hislip") as one:
        first, second = opened(one.resource), opened(one.resource)
        first.write("*IDN?")
        assert second.query("*OPC?") == "1"
        assert first.read().startswith(IDENTITY)
        first.close()
        second.close()


def test_a_lock_of_one_link_keeps_the_others_out() -> None:
    with served_here("keithley2461", "vxi11") as one:
        first, second = opened(one.resource), opened(one.resource)
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
    with served_here("keithley2461", "pty") as one:
        one.served.host.faults.add(Fault.parse(fault))
        path = one.resource.removeprefix("ASRL").removesuffix("::INSTR")
        with serial.Serial(path, timeout=patience(2)) as line:
            line.write(b"*IDN?\n")
            assert line.read(len(answer)) == answer
            line.timeout = 0.1
            assert line.read(1) == b""
            line.timeout = patience(2)
            line.write(b"*OPC?\n")
            assert line.readline() == b"1\n"


def packet(client: socket.socket, kind: int, control: int, parameter: int, payload: bytes = b"") -> tuple[int, ...]:
    """Send a HiSLIP message and return kind, control, parameter and payload length of the next one that comes."""
    client.sendall(struct.pack("!2sBBIQ", b"HS", kind, control, parameter, len(payload)) + payload)
    return arrived(client)[0]


def arrived(client: socket.socket) -> tuple[tuple[int, ...], bytes]:
    with client.makefile("rb", buffering=0) as file:
        header = struct.unpack("!2sBBIQ", file.read(16) or b"")[1:]
        return header, (file.read(header[3]) or b"") if header[3] else b""


def joined(port: int, stack: ExitStack) -> tuple[socket.socket, socket.socket]:
    """Return the synchronous and the asynchronous channel of a new client (IVI-6.1 section 2.5)."""
    both = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=patience(5))) for _ in range(2)]
    kind, _, session, _ = packet(both[0], 0, 0, 0x01000000, b"hislip0")
    assert kind == 1
    assert packet(both[1], 17, 0, session & 0xFFFF)[0] == 18
    return both[0], both[1]


def test_a_hislip_lock_holds_the_others_back_until_it_is_released() -> None:
    with served_here("keithley2461", "hislip") as one, ExitStack() as stack:
        port = int(one.resource.split(",")[1].split("::")[0])
        (_, first), (second, second_async) = joined(port, stack), joined(port, stack)
        assert packet(first, 4, 1, 0)[:2] == (5, 1)
        assert packet(second_async, 4, 1, 100)[:2] == (5, 0)  # refused after 100 ms
        assert packet(second_async, 4, 0, 0)[:2] == (5, 3)  # not its own to release
        assert packet(second_async, 24, 0, 0)[:2] == (25, 1)  # somebody holds it
        second.sendall(struct.pack("!2sBBIQ", b"HS", 7, 1, 2, 5) + b"*OPC?")
        second.settimeout(0.2)
        with pytest.raises(TimeoutError):
            second.recv(1)
        second.settimeout(patience(5))
        assert packet(first, 4, 0, 0)[:2] == (5, 1)
        assert arrived(second) == ((7, 0, 2, 2), b"1\n")


def test_hislip_answers_what_is_no_message_with_a_fatal_error_and_goes_on() -> None:
    with served_here("keithley2461", "hislip") as one:
        port = int(one.resource.split(",")[1].split("::")[0])
        for sent, code in ((b"GET / HTTP/1.0\r\n\r\n", 1), (struct.pack("!2sBBIQ", b"HS", 7, 0, 0, 0), 3)):
            with socket.create_connection(("127.0.0.1", port), timeout=patience(5)) as client:
                client.sendall(sent)
                assert client.recv(4)[:4] == b"HS\x02" + bytes([code])
        session = opened(one.resource)
        assert session.query("*OPC?") == "1"
        session.close()


def called(client: socket.socket, program: int, procedure: int, arguments: bytes) -> bytes:
    """Do a remote procedure call as RFC 5531 has it; return the results."""
    record = struct.pack("!IIIIIIIIII", 1, 0, 2, program, 1, procedure, 0, 0, 0, 0) + arguments
    client.sendall(struct.pack("!I", 0x80000000 | len(record)) + record)
    return answered(client)


def answered(client: socket.socket) -> bytes:
    mark = struct.unpack("!I", client.recv(4))[0] & 0x7FFFFFFF
    reply = b""
    while len(reply) < mark:
        reply += client.recv(mark - len(reply))
    assert struct.unpack_from("!IIIIII", reply) == (1, 1, 0, 0, 0, 0)
    return reply[24:]


def test_vxi11_reads_in_pieces_with_their_reasons_and_is_aborted_from_the_abort_channel() -> None:
    with served_here("keithley2461", "vxi11") as one:
        port = int(one.resource.split(",")[1].split("::")[0])
        with socket.create_connection(("127.0.0.1", port), timeout=patience(5)) as core:
            made = called(core, 0x0607AF, 10, struct.pack("!iIII", 1, 0, 0, 5) + b"inst0\0\0\0")
            error, link, abort_port, largest = struct.unpack("!iiII", made)
            assert error == 0
            assert largest >= 1024  # B.6.3: at least

            def write(text: bytes) -> None:
                body = struct.pack("!iIIiI", link, 1000, 0, 8, len(text)) + text + bytes(-len(text) % 4)
                assert called(core, 0x0607AF, 11, body) == struct.pack("!iI", 0, len(text))

            def read(count: int, flags: int = 0) -> tuple[int, int, bytes]:
                reply = called(
                    core, 0x0607AF, 12, struct.pack("!iIIIii", link, count, int(1000 * patience(3)), 0, flags, ord(","))
                )
                error, reason, length = struct.unpack_from("!iiI", reply)
                return error, reason, reply[12 : 12 + length]

            write(b"*IDN?")
            assert read(8) == (0, 1, b"KEITHLEY")  # as many as were requested
            assert read(100, flags=128) == (0, 2, b" INSTRUMENTS,")  # the termination character
            assert read(100)[:2] == (0, 4)  # the end

            write(b":TRIG:LOAD 'Empty';:TRIG:BLOC:DEL:CONS 1,1000;:INIT;*OPC?")
            has_read = threading.Event()
            aborting = threading.Thread(target=abort_until, args=(has_read, abort_port, link))
            aborting.start()
            assert read(100)[0] == 23  # abort
            has_read.set()
            aborting.join()


def abort_until(has_read: threading.Event, port: int, link: int) -> None:
    """Abort a read again and again: an abort that comes before the read has nothing to abort."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience(5)) as abort:
        while not has_read.wait(0.05):
            assert called(abort, 0x0607B0, 1, struct.pack("!i", link)) == struct.pack("!i", 0)


def test_a_next_message_interrupts_what_the_last_one_waits_to_say() -> None:
    with served_here("keithley2461", "vxi11") as one:
        session = opened(one.resource)
        session.write("*CLS;:TRIG:LOAD 'Empty';:TRIG:BLOC:DEL:CONS 1,0.2;:INIT;*OPC?")
        assert session.query("*ESE?") == "0"
        assert session.query(":SYST:ERR?").startswith("-410")
        session.close()
