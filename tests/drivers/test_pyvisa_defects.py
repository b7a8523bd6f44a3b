"""Is each measured defect of pyvisa-py 0.8 there in plain pyvisa-py, and not in our session?

When a test of the plain one fails, pyvisa-py has been mended: the session may become simpler.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import pyvisa
from pyvisa.constants import StatusCode

from drivers import VisaSession
from drivers._links import SocketLink
from protocols import ConnectionLost, InstrumentError
from sim_instruments.faults import Fault
from tests.serving import served


@contextmanager
def peer(answer: Callable[[socket.socket, bytes], None]) -> Iterator[str]:
    """Serve raw sockets: ``*IDN?`` is answered, all else goes to `answer`."""
    server = socket.create_server(("127.0.0.1", 0))

    def talk(client: socket.socket) -> None:
        with client, client.makefile("rb") as lines:
            try:
                for line in lines:
                    if line == b"*IDN?\n":
                        client.sendall(b"A,B,C,D\n")
                    else:
                        answer(client, line)
            except OSError:
                return

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(client,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"TCPIP::127.0.0.1::{server.getsockname()[1]}::SOCKET"
    finally:
        server.close()


@contextmanager
def plain(resource: str, timeout_ms: int = 300) -> Iterator[Any]:
    session: Any = pyvisa.ResourceManager("@py").open_resource(
        resource, timeout=timeout_ms, read_termination="\n", write_termination="\n"
    )
    try:
        yield session
    finally:
        session.close()


def below(session: Any) -> Any:
    return session.visalib.sessions[session.session].interface


def nothing(*_: object) -> None: ...


def test_1_small_writes_wait_for_the_last_ones_acknowledgement() -> None:
    with peer(nothing) as resource:
        with plain(resource) as session:
            assert below(session).getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0
        with VisaSession(resource) as ours:
            assert isinstance(ours._link, SocketLink)
            assert ours._link.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_2_a_connection_closed_in_mid_answer_looks_like_silence() -> None:
    def half(client: socket.socket, _: bytes) -> None:
        client.sendall(b"half an ans")
        client.shutdown(socket.SHUT_RDWR)

    with peer(half) as resource:
        with plain(resource) as session, pytest.raises(pyvisa.errors.VisaIOError) as told:
            session.query("X?")
        assert told.value.error_code == StatusCode.error_timeout
        with (
            VisaSession(resource, timeout_s=30.0) as ours,
            pytest.raises(ConnectionLost, match="closed the connection"),
        ):
            ours.query("X?")


def test_3_opening_a_port_on_which_nobody_listens_succeeds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        resource = f"TCPIP::127.0.0.1::{unused.getsockname()[1]}::SOCKET"
    with plain(resource) as session, pytest.raises(ConnectionRefusedError):
        session.write("X")
    with pytest.raises(ConnectionLost, match="nothing listens"):
        VisaSession(resource)


def test_4_writes_know_no_timeout() -> None:
    release = threading.Event()
    much = "X" * 8_000_000

    def deaf(_: socket.socket, __: bytes) -> None:
        release.wait(20.0)

    with peer(deaf) as resource:
        with VisaSession(resource, timeout_s=0.3) as ours:
            ours.write("DEAF")
            with pytest.raises(ConnectionLost, match="took nothing for"):
                ours.write(much)
        with plain(resource, 200) as session:
            session.write("DEAF")

            def write() -> None:
                with pytest.raises(Exception):  # noqa: B017, PT011 - whatever ends it
                    session.write(much)

            blocked = threading.Thread(target=write, daemon=True)
            blocked.start()
            blocked.join(1.0)
            assert blocked.is_alive()  # five times its timeout
            below(session).shutdown(socket.SHUT_RDWR)
            blocked.join(5.0)
        release.set()


def test_5_a_block_of_indefinite_length_is_returned_empty() -> None:
    values = np.frombuffer(bytes(range(64)), "<f8")  # with a line feed among them

    def answer(client: socket.socket, line: bytes) -> None:
        client.sendall(b"#0" + values.tobytes() + b"\n" if line == b"D?\n" else b"in step\n")

    with peer(answer) as resource:
        with plain(resource) as session:
            assert len(session.query_binary_values("D?", datatype="d")) == 0
            assert session.query("STEP?") != "in step"
        with VisaSession(resource) as ours:
            np.testing.assert_array_equal(ours.query_block("D?", 8, "<f8"), values)
            assert ours.query("STEP?") == "in step"


def test_6_a_second_thread_gets_the_first_ones_answer() -> None:
    def echo(client: socket.socket, line: bytes) -> None:
        client.sendall(line)

    def in_thread(act: Callable[[], object]) -> list[object]:
        got: list[object] = []

        def run() -> None:
            try:
                got.append(act())
            except InstrumentError as refused:
                got.append(refused)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join(5.0)
        return got

    with peer(echo) as resource:
        with plain(resource) as session:
            session.write("MINE?")
            assert in_thread(lambda: session.query("THEIRS?")) == ["MINE?"]
        with VisaSession(resource) as ours:
            ours.write("MINE?")
            assert "belongs to another thread" in str(in_thread(lambda: ours.query("THEIRS?"))[0])


def test_7_bus_functions_are_missing_on_sockets() -> None:
    with peer(nothing) as resource:
        with plain(resource) as session:
            with pytest.raises(pyvisa.errors.VisaIOError) as told:
                session.read_stb()
            assert told.value.error_code == StatusCode.error_nonsupported_operation
            with pytest.raises(NotImplementedError):
                session.assert_trigger()
        with VisaSession(resource) as ours:
            with pytest.raises(InstrumentError, match="raw socket has no serial poll"):
                ours.status_byte()
            with pytest.raises(InstrumentError, match="raw socket has no trigger"):
                ours.trigger()
            assert ours.query("*IDN?") == "A,B,C,D"  # nothing is lost by asking


def test_8_a_lost_link_raises_what_each_transport_likes() -> None:
    def reset(client: socket.socket, _: bytes) -> None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(client.fileno())
        client.detach()

    with peer(reset) as resource:
        with plain(resource) as session, pytest.raises(ConnectionResetError):
            session.query("X?")
        with VisaSession(resource) as ours, pytest.raises(ConnectionLost):
            ours.query("X?")
    for attempt in (plain, VisaSession):
        with served("hislip") as one:
            one.host.faults.add(Fault.parse("drop-fin@command=SYST:ERR"))
            wanted: type[Exception] = RuntimeError if attempt is plain else ConnectionLost
            with attempt(one.resources[""]) as session, pytest.raises(wanted):
                session.query(":SYST:ERR:COUN?")


def test_9_a_late_answer_answers_the_next_question() -> None:
    def late(client: socket.socket, line: bytes) -> None:
        if line == b"SLOW?\n":
            time.sleep(0.5)
        client.sendall(line)

    with peer(late) as resource:
        with plain(resource, 200) as session:
            with pytest.raises(pyvisa.errors.VisaIOError):
                session.query("SLOW?")
            time.sleep(0.5)
            assert session.query("NEXT?") == "SLOW?"
        with VisaSession(resource, timeout_s=0.2) as ours:
            with pytest.raises(ConnectionLost, match="no answer within"):
                ours.query("SLOW?")
            with pytest.raises(ConnectionLost, match="Open another session"):
                ours.query("NEXT?")


def test_10_closing_one_manager_closes_the_sessions_of_all() -> None:
    with peer(nothing) as resource:
        first, second = pyvisa.ResourceManager("@py"), pyvisa.ResourceManager("@py")
        assert first.visalib is second.visalib
        with VisaSession(resource) as one, VisaSession(resource) as other:
            other.close()
            assert one.query("*IDN?") == "A,B,C,D"


def test_11_a_device_clear_over_hislip_fails_while_an_answer_waits() -> None:
    with served("hislip") as one:
        resource = one.resources[""]
        with plain(resource, 2000) as session:
            session.write("*OPC?")
            time.sleep(0.1)
            with pytest.raises(RuntimeError):
                session.clear()
        with VisaSession(resource) as ours:
            ours.write("*OPC?")
            time.sleep(0.1)
            ours.clear()
            assert ours.query(":SYST:ERR:COUN?") == "0"


@pytest.mark.parametrize("transport", ["socket", "hislip", "vxi11", "pty"])
def test_blocks_and_lines_stay_in_step_over_every_transport(transport: str) -> None:
    with served(transport) as one, VisaSession(one.resources[""]) as session:
        for line in (":SENS:COUN 500", ":SENS:CURR:NPLC 0.01", ":OUTP ON", ":SOUR:VOLT 0.1"):
            session.write(line)
        assert float(session.query(":READ?")) == pytest.approx(1e-5, rel=1e-2)
        session.write(":FORM REAL")
        values = session.query_block(':TRAC:DATA? 1, 500, "defbuffer1", READ', 500, "<f8")
        assert float(np.median(values)) == pytest.approx(1e-5, rel=1e-2)
        assert session.query(":SYST:ERR:COUN?") == "0"
        assert session.query(":OUTP OFF;:OUTP?") == "0"


@pytest.mark.parametrize("transport", ["hislip", "vxi11"])
def test_the_status_byte_is_polled_where_there_is_one(transport: str) -> None:
    with served(transport) as one, VisaSession(one.resources[""]) as session:
        assert session.status_byte() & 0x10 == 0
        session.write("*OPC?")
        deadline = time.monotonic() + 5.0
        while not session.status_byte() & 0x10:
            assert time.monotonic() < deadline
        assert session.poll_line() == "1"
        assert session.poll_line() is None
