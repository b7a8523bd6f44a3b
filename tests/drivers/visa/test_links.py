"""Are lines, streams and bus functions the same over every link, and is a lost one told?

What plain pyvisa-py does is in test_pyvisa_defects.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from json import loads
from socket import socket

import numpy as np
import pytest
import pyvisa

from drivers import VisaSession
from protocols import ConnectionLost, InstrumentError
from tests.drivers.conformance import simulated_instrument
from tests.drivers.peers import block, instrument, serial_instrument


@pytest.mark.parametrize("transport", ["hislip", "vxi11"])
def test_status_byte_trigger_and_clear_over_hislip_and_vxi11(transport: str) -> None:
    with simulated_instrument("keithley2461", 1.0, "resistor", transport) as resource, VisaSession(resource) as ours:
        assert ours.status_byte() & 0x10 == 0
        ours.write("*IDN?")
        assert ours.status_byte() & 0x10, "MAV: an answer waits (IEEE 488.2, 11.2.1.2)"
        ours.clear()
        assert ours.status_byte() & 0x10 == 0
        ours.trigger()
        assert ours.query("*IDN?") == ours.idn


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


@pytest.mark.parametrize("transport", ["socket", "hislip", "vxi11"])
def test_an_instrument_that_loses_its_mains_is_a_lost_connection(transport: str) -> None:
    with mortal(transport) as (resource, process), VisaSession(resource, 0.5) as session:
        process.kill()
        process.wait()
        with pytest.raises(ConnectionLost):
            session.query("*IDN?")
        with pytest.raises(ConnectionLost, match="Open another session"):
            session.query("*IDN?")


def test_a_manager_that_somebody_else_closes_closes_no_session_of_ours() -> None:
    with instrument(lambda client, line: client.sendall(line)) as resource, VisaSession(resource) as session:
        pyvisa.ResourceManager("@py").close()
        assert session.query("STILL?") == "STILL?"


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


def test_a_serial_line_that_another_program_uses_is_refused_and_left_alone() -> None:
    def answer(far: int, line: bytes) -> None:
        os.write(far, line)

    code = "import sys; from drivers import VisaSession; VisaSession(sys.argv[1], 1.0)"
    with serial_instrument(answer) as (resource, far):
        with VisaSession(resource) as session:
            os.write(far, b"not yet read\n")
            other = subprocess.run(
                [sys.executable, "-c", code, resource], capture_output=True, encoding="utf-8", check=False
            )
            assert "another program uses the serial line" in other.stderr
            assert session.read_line() == "not yet read"
        with VisaSession(resource) as session:
            assert session.query("FREE?") == "FREE?"


def test_an_answer_in_drips_is_given_up_although_each_drop_is_in_time() -> None:
    def drip(client: socket, _line: bytes) -> None:
        for _ in range(100):
            client.sendall(b"x")
            threading.Event().wait(0.05)

    with (
        instrument(drip) as resource,
        VisaSession(resource, 0.3) as session,
        pytest.raises(ConnectionLost, match="its answer drips"),
    ):
        session.query("SLOWLY?")
