"""What does plain pyvisa-py 0.8 do wrong, and does a session of ours do it right? Each defect twice, over one peer.

The numbers are those of the list in docs/decisions/016. A test of ``plain`` that fails says that pyvisa-py has been
mended, and that something can be taken out of `drivers`.
"""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from json import loads
from typing import Any

import numpy as np
import pytest
import pyvisa
from pyvisa.constants import ResourceAttribute, StatusCode
from pyvisa.errors import VisaIOError

from drivers import VisaSession
from drivers.visa.links import SocketLink
from protocols import ConnectionLost, InstrumentError
from tests.drivers.conformance import simulated_instrument
from tests.drivers.peers import block, instrument, serial_instrument
from tests.patience import patience

elsewhere = pytest.mark.skipif(sys.platform == "win32", reason="plain pyvisa-py does this elsewhere only")


@contextmanager
def plain(resource: str, timeout_s: float | None = None) -> Iterator[Any]:
    """What everybody writes who has read pyvisa's documentation."""
    opened = pyvisa.ResourceManager("@py").open_resource(
        resource,
        timeout=1000 * (patience(2.0) if timeout_s is None else timeout_s),
        read_termination="\n",
        write_termination="\n",
    )
    try:
        yield opened
    finally:
        with suppress(Exception):
            opened.close()


def echo(client: socket.socket, line: bytes) -> None:
    client.sendall(line)


def socket_below(opened: Any) -> socket.socket:
    interface: socket.socket = opened.visalib.sessions[opened.session].interface
    return interface


# -- 1: small messages wait for a delayed acknowledgement -------------------------------------------------------------


def test_1_plain_leaves_nagles_algorithm_on_and_has_no_way_to_switch_it_off() -> None:
    with instrument(echo) as resource, plain(resource) as opened:
        assert socket_below(opened).getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0
        with pytest.raises(Exception, match=r"[Aa]ttribute"):
            opened.set_visa_attribute(ResourceAttribute.tcpip_nodelay, True)


def test_1_ours_switches_it_off() -> None:
    with instrument(echo) as resource, VisaSession(resource) as session:
        assert isinstance(session.link, SocketLink)
        assert session.link.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


# -- 2: the end of a connection looks like silence --------------------------------------------------------------------


def half_a_block(client: socket.socket, _: bytes) -> None:
    client.sendall(block(np.arange(10.0), definite=True)[:40])
    client.shutdown(socket.SHUT_RDWR)


def test_2_plain_takes_a_closed_connection_for_silence() -> None:
    with instrument(half_a_block) as resource, plain(resource, 0.3) as opened:
        opened.write("DATA?")
        opened.read_termination = None
        with pytest.raises(VisaIOError) as fault:
            opened.read_bytes(84)
        assert fault.value.error_code == StatusCode.error_timeout


def test_2_ours_says_that_it_was_closed_in_mid_block() -> None:
    with (
        instrument(half_a_block) as resource,
        VisaSession(resource, 500.0) as session,  # more than pytest allows: it is not waited for
        pytest.raises(ConnectionLost, match="closed the connection"),
    ):
        session.query_block("DATA?", 10, "<f8")


# -- 3: a closed port can be opened -----------------------------------------------------------------------------------


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return f"TCPIP::127.0.0.1::{unused.getsockname()[1]}::SOCKET"


@elsewhere
def test_3_plain_opens_a_port_on_which_nobody_listens() -> None:
    with plain(closed_port()) as opened, pytest.raises(ConnectionRefusedError):
        opened.write("*IDN?")


def test_3_ours_does_not() -> None:
    with pytest.raises(ConnectionLost, match="nothing listens"):
        VisaSession(closed_port())


# -- 4: a write knows no timeout --------------------------------------------------------------------------------------


@contextmanager
def reads_nothing() -> Iterator[tuple[str, threading.Event]]:
    """An instrument that reads nothing more, until it is released."""
    released = threading.Event()
    with instrument(lambda _client, _line: bool(released.wait(patience(30)))) as resource:
        yield resource, released
        released.set()


def test_4_plain_writes_for_longer_than_its_timeout() -> None:
    with reads_nothing() as (resource, released), plain(resource, 0.1) as opened:
        opened.write("STOP READING")
        writer = threading.Thread(target=lambda: opened.write_raw(b"x" * 50_000_000))
        writer.start()
        writer.join(1.0)
        assert writer.is_alive(), "ten timeouts later it still writes"
        released.set()
        writer.join(patience(30))


def test_4_ours_gives_up() -> None:
    with reads_nothing() as (resource, _), VisaSession(resource, 0.1) as session:
        session.write("STOP READING")
        with pytest.raises(ConnectionLost, match="took nothing for"):
            session.write_bytes(b"x" * 50_000_000)


# -- 5: blocks of indefinite length are lost --------------------------------------------------------------------------


ALL_BYTES = np.frombuffer(bytes(range(256)), "<f8")  # a line end among them


def indefinite(client: socket.socket, line: bytes) -> None:
    client.sendall(block(ALL_BYTES, definite=False) if line == b"DATA?\n" else line)


def test_5_plain_returns_nothing_for_a_block_of_indefinite_length_and_is_out_of_step() -> None:
    with instrument(indefinite) as resource, plain(resource, 0.3) as opened:
        assert list(opened.query_binary_values("DATA?", datatype="d")) == []
        opened.encoding = "latin-1"
        assert opened.query("NEXT?") == "".join(map(chr, range(11, 256)))


def test_5_ours_reads_it() -> None:
    with instrument(indefinite) as resource, VisaSession(resource) as session:
        np.testing.assert_array_equal(session.query_block("DATA?", 32, "<f8"), ALL_BYTES)
        assert session.query("NEXT?") == "NEXT?"


# -- 6: two threads take each other's replies -------------------------------------------------------------------------


def test_6_plain_gives_one_thread_the_reply_of_another_without_a_word() -> None:
    got: list[str] = []
    with instrument(echo) as resource, plain(resource) as opened:
        opened.write("MINE?")
        other = threading.Thread(target=lambda: got.append(opened.query("THEIRS?")))
        other.start()
        other.join(patience(5))
        assert got == ["MINE?"]
        assert opened.read() == "THEIRS?"


def test_6_ours_refuses_the_other_thread() -> None:
    refusals: list[str] = []

    def meddle(session: VisaSession) -> None:
        try:
            session.query("THEIRS?")
        except InstrumentError as fault:
            refusals.append(str(fault))

    with instrument(echo) as resource, VisaSession(resource) as session:
        session.write("MINE?")
        other = threading.Thread(target=meddle, args=(session,))
        other.start()
        other.join(patience(5))
        assert session.read_line() == "MINE?"
    assert len(refusals) == 1
    assert "belongs to another thread: 'THEIRS?' was not sent" in refusals[0]


# -- 7: serial poll and trigger ---------------------------------------------------------------------------------------


def test_7_plain_has_neither_status_byte_nor_trigger_on_a_socket_each_failing_in_its_own_way() -> None:
    with instrument(echo) as resource, plain(resource) as opened:
        with pytest.raises(VisaIOError):
            opened.read_stb()
        with pytest.raises(NotImplementedError):
            opened.assert_trigger()


def test_7_ours_says_what_to_send_instead_of_which_and_stays_usable() -> None:
    with instrument(echo) as resource, VisaSession(resource) as session:
        with pytest.raises(InstrumentError, match="a raw socket has no serial poll"):
            session.status_byte()
        with pytest.raises(InstrumentError, match="a raw socket has no trigger"):
            session.trigger()
        assert session.query("STILL?") == "STILL?"


@pytest.mark.parametrize("transport", ["hislip", "vxi11"])
def test_7_ours_polls_triggers_and_clears_over_hislip_and_vxi11(transport: str) -> None:
    with simulated_instrument("keithley2461", 1.0, "resistor", transport) as resource, VisaSession(resource) as ours:
        assert ours.status_byte() & 0x10 == 0
        ours.write("*IDN?")
        assert ours.status_byte() & 0x10, "MAV: an answer waits (IEEE 488.2, 11.2.1.2)"
        ours.clear()
        assert ours.status_byte() & 0x10 == 0
        ours.trigger()
        assert ours.query("*IDN?") == ours.idn


# -- 8: a lost link raises whatever it likes --------------------------------------------------------------------------


def reset(client: socket.socket, _: bytes) -> None:
    # No linger: closing sends RST instead of FIN.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionResetError


@elsewhere
def test_8_plain_raises_no_visa_error_for_a_reset_connection() -> None:
    with instrument(reset) as resource, plain(resource, 0.5) as opened, pytest.raises(ConnectionResetError):
        opened.query("BYE?")


def test_8_ours_calls_it_a_lost_connection() -> None:
    with instrument(reset) as resource, VisaSession(resource, 0.5) as session, pytest.raises(ConnectionLost):
        session.query("BYE?")


@contextmanager
def mortal(transport: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A simulated instrument that can be switched off by the mains."""
    command = [sys.executable, "-m", "ionecho", "sim", "keithley2461", "--json", "--transport", transport]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        try:
            yield str(loads(process.stdout.readline())["resource"]), process
        finally:
            process.kill()


def test_8_plain_raises_a_bare_runtime_error_over_hislip() -> None:
    with mortal("hislip") as (resource, process), plain(resource, 0.5) as opened:
        assert "2461" in opened.query("*IDN?")
        process.kill()
        process.wait()
        with pytest.raises((RuntimeError, OSError)) as fault:
            opened.query("*IDN?")
        assert not isinstance(fault.value, VisaIOError)


@pytest.mark.parametrize("transport", ["socket", "hislip", "vxi11"])
def test_8_ours_calls_it_a_lost_connection_over_every_transport(transport: str) -> None:
    with mortal(transport) as (resource, process), VisaSession(resource, 0.5) as session:
        process.kill()
        process.wait()
        with pytest.raises(ConnectionLost):
            session.query("*IDN?")
        with pytest.raises(ConnectionLost, match="Open another session"):
            session.query("*IDN?")


# -- 9: a late reply answers the next query ---------------------------------------------------------------------------


@contextmanager
def slow_once() -> Iterator[tuple[str, threading.Event]]:
    released = threading.Event()

    def answer(client: socket.socket, line: bytes) -> None:
        if line == b"SLOW?\n":
            released.wait(patience(10))
        client.sendall(line)

    with instrument(answer) as resource:
        yield resource, released


def test_9_plain_gives_a_late_reply_to_the_next_query() -> None:
    with slow_once() as (resource, released), plain(resource, 0.2) as opened:
        with pytest.raises(VisaIOError):
            opened.query("SLOW?")
        released.set()
        assert opened.query("NEXT?") == "SLOW?"


def test_9_ours_refuses_to_go_on() -> None:
    with slow_once() as (resource, released), VisaSession(resource, 0.2) as session:
        with pytest.raises(ConnectionLost, match="no answer within"):
            session.query("SLOW?")
        released.set()
        with pytest.raises(ConnectionLost, match="Open another session"):
            session.query("NEXT?")


# -- 10: closing one resource manager closes the sessions of all ------------------------------------------------------


def test_10_plain_sessions_end_when_anybody_closes_a_manager() -> None:
    with instrument(echo) as resource, plain(resource) as opened:
        pyvisa.ResourceManager("@py").close()
        with pytest.raises(pyvisa.errors.InvalidSession):
            opened.query("STILL?")


def test_10_ours_goes_on() -> None:
    with instrument(echo) as resource, VisaSession(resource) as session:
        pyvisa.ResourceManager("@py").close()
        assert session.query("STILL?") == "STILL?"


# -- serial lines: a tenth of a megabyte a second, byte by byte -------------------------------------------------------


def test_serial_lines_carry_lines_streams_and_blocks() -> None:
    values = np.frombuffer(bytes(range(256)) * 8, "<i4").astype(float)

    def answer(far: int, line: bytes) -> None:
        os.write(far, block(values, definite=True) if line == b"DATA?\n" else line)

    with serial_instrument(answer) as (resource, far), VisaSession(resource) as session:
        assert session.idn == "MAKER,MODEL,1,2"
        np.testing.assert_array_equal(session.query_block("DATA?", len(values), "<f8"), values)
        assert session.poll_line() is None
        os.write(far, b"one\ntwo\nthr")
        assert session.read_line() == "one"
        assert session.poll_line() == "two"
        assert session.poll_line() is None
        os.write(far, b"ee\nrest")
        assert session.read_line() == "three"
        session.clear()
        assert session.poll_bytes(10) == b""
        os.write(far, b"12345")
        assert session.read_exactly(5) == b"12345"
        with pytest.raises(InstrumentError, match="a serial line has no trigger"):
            session.trigger()


def test_an_answer_in_drips_is_given_up_although_each_drop_is_in_time() -> None:
    def drip(client: socket.socket, _line: bytes) -> None:
        for _ in range(100):
            client.sendall(b"x")
            threading.Event().wait(0.05)

    with (
        instrument(drip) as resource,
        VisaSession(resource, 0.3) as session,
        pytest.raises(ConnectionLost, match="its answer drips"),
    ):
        session.query("SLOWLY?")
