"""Are the measured faults of pyvisa-py kept out of a session?

The other end is a few lines of socket code that does one thing wrong. What plain pyvisa-py does is in
test_pyvisa_defects.py.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time

import numpy as np
import pytest

from drivers import VisaSession, open_potentiostat, probe
from drivers.visa.links import SocketLink
from protocols import ConnectionLost, InstrumentError
from tests.drivers.peers import block, instrument
from tests.patience import patience, promised

pytestmark = pytest.mark.waits

# Connections after which a listener with an empty queue takes no more: Linux has one more than was asked for.
_QUEUE_AT_MOST = 8


def test_opening_asks_who_is_there() -> None:
    with instrument(lambda *_: None) as resource, VisaSession(resource) as session:
        assert session.idn == "MAKER,MODEL,1,2"


def test_a_port_where_nobody_listens_is_noticed_at_opening() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(ConnectionLost, match="nothing listens"):
        VisaSession(f"TCPIP::127.0.0.1::{port}::SOCKET", timeout_s=1.0)


def test_an_address_that_takes_no_connection_is_a_sentence_without_a_number() -> None:
    # A listener whose queue is full: what a switched-off computer, a firewall and Windows look like to pyvisa-py.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as held:
        address = full.getsockname()
        for _ in range(_QUEUE_AT_MOST):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        with pytest.raises(ConnectionLost, match=r"no connection within 0\.3 s: nothing listens") as caught:
            VisaSession(f"TCPIP::127.0.0.1::{address[1]}::SOCKET", timeout_s=0.3)
    assert "-1073807339" not in str(caught.value)


def test_a_malformed_address_is_a_clear_error() -> None:
    with pytest.raises(ConnectionLost, match="nonsense"):
        VisaSession("nonsense", timeout_s=1.0)


@pytest.mark.parametrize("definite", [False, True])
@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4"])
def test_blocks_of_both_forms_are_read_whole(dtype: str, definite: bool) -> None:
    # All byte values, line ends among them.
    values = np.frombuffer(bytes(range(256)) * 8, dtype=dtype)

    def answer(client: socket.socket, line: bytes) -> None:
        client.sendall(block(values, definite=definite) if b"DATA" in line else b"still in step\n")

    with instrument(answer) as resource, VisaSession(resource) as session:
        read = session.query_block("DATA?", len(values), dtype)
        np.testing.assert_array_equal(read, values.astype(np.float64))
        assert session.query("STEP?") == "still in step"


def test_a_block_that_comes_in_drips_is_read_whole() -> None:
    values = np.arange(50.0)

    def answer(client: socket.socket, _: bytes) -> None:
        data = block(values, definite=False)
        for start in range(0, len(data), 7):
            client.sendall(data[start : start + 7])

    with instrument(answer) as resource, VisaSession(resource) as session:
        np.testing.assert_array_equal(session.query_block("DATA?", 50, "<f8"), values)


def test_a_block_of_another_length_is_refused() -> None:
    def answer(client: socket.socket, _: bytes) -> None:
        client.sendall(block(np.arange(9.0), definite=True))

    with instrument(answer) as resource, VisaSession(resource) as session:
        with pytest.raises(InstrumentError, match="instead of 80"):
            session.query_block("DATA?", 10, "<f8")
        with pytest.raises(ConnectionLost, match="garbled"):
            session.query("STEP?")


def test_a_truncated_block_is_an_error_and_never_data() -> None:
    def answer(client: socket.socket, _: bytes) -> None:
        client.sendall(block(np.arange(10.0), definite=False)[:50])

    with (
        instrument(answer) as resource,
        VisaSession(resource, timeout_s=0.3) as session,
        pytest.raises(ConnectionLost, match="no answer"),
    ):
        session.query_block("DATA?", 10, "<f8")


def test_a_late_reply_never_answers_the_next_query() -> None:
    released = threading.Event()

    def answer(client: socket.socket, line: bytes) -> None:
        if line == b"SLOW?\n":
            released.wait(patience(10))
        client.sendall(b"reply to " + line)

    with instrument(answer) as resource, VisaSession(resource, timeout_s=0.2) as session:
        with pytest.raises(ConnectionLost, match="no answer within"):
            session.query("SLOW?")
        released.set()
        with pytest.raises(ConnectionLost, match="Open another session"):
            session.query("NEXT?")


def test_a_connection_that_the_instrument_closes_is_told_from_a_timeout() -> None:
    def answer(client: socket.socket, _: bytes) -> None:
        client.shutdown(socket.SHUT_RDWR)

    with (
        instrument(answer) as resource,
        VisaSession(resource, timeout_s=patience(1.0)) as session,
        pytest.raises(ConnectionLost, match="closed the connection"),
    ):
        session.query("BYE?")


def test_a_connection_reset_is_a_lost_connection() -> None:
    def reset(client: socket.socket, _: bytes) -> None:
        # No linger: closing sends RST instead of FIN.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionResetError

    with instrument(reset) as resource, VisaSession(resource, patience(1.0)) as session, pytest.raises(ConnectionLost):
        session.query("BYE?")


@pytest.mark.realtime  # the end within its timeout is what a session promises
def test_a_write_that_nobody_reads_ends_at_the_timeout() -> None:
    stop_reading = threading.Event()

    def answer(_: socket.socket, __: bytes) -> None:
        stop_reading.wait(patience(20))

    with instrument(answer) as resource:
        session = VisaSession(resource, timeout_s=0.3)
        session.write("WAIT")
        begun = time.monotonic()
        with pytest.raises(ConnectionLost):
            session.write("x" * 50_000_000)
        assert time.monotonic() - begun < promised(10)
        stop_reading.set()
        session.close()


def test_a_session_belongs_to_the_thread_that_opened_it() -> None:
    refused: list[Exception] = []

    def meddle(session: VisaSession) -> None:
        try:
            session.query("MINE?")
        except InstrumentError as fault:
            refused.append(fault)

    with instrument(lambda client, line: client.sendall(line)) as resource, VisaSession(resource) as session:
        thread = threading.Thread(target=meddle, args=(session,))
        thread.start()
        thread.join()
        assert session.query("OURS?") == "OURS?"
    assert len(refused) == 1
    assert "another thread" in str(refused[0])


def test_small_messages_are_not_held_back() -> None:
    with instrument(lambda *_: None) as resource, VisaSession(resource) as session:
        assert isinstance(session.link, SocketLink)
        assert session.link.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("inf")])
def test_every_timeout_is_finite(timeout: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        VisaSession("TCPIP::127.0.0.1::1::SOCKET", timeout_s=timeout)


def test_closing_twice_is_no_error_and_using_a_closed_session_is() -> None:
    with instrument(lambda *_: None) as resource:
        session = VisaSession(resource)
        session.close()
        session.close()
        with pytest.raises(ConnectionLost, match="closed"):
            session.query("X?")


def test_an_instrument_without_a_driver_is_named_with_the_drivers_that_there_are() -> None:
    with instrument(lambda *_: None) as resource:
        found = probe(resource)
        assert found.driver is None
        assert "MAKER MODEL, serial 1" in found.problem
        assert "keithley2461" in found.problem
        with pytest.raises(InstrumentError, match="no driver for it"):
            open_potentiostat(resource)
