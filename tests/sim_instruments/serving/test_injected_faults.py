"""Does what goes wrong go wrong just as and when it was asked for, on every kind of link?"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from sim_instruments.core.clock import ManualClock
from sim_instruments.core.instrument import DEVICE_FAULTS
from sim_instruments.sample.cell import load_cell
from sim_instruments.serving.injected_faults import LINK_FAULTS, Fault, FaultError, FaultSchedule, garbled, wrong_length
from sim_instruments.serving.server import make_host
from tests.patience import patience

IDENTITY = b"KEITHLEY INSTRUMENTS,MODEL 2461,04089762,1.6.8a\n"
# No name of a fault.
_MARK = "heard"
# How long (s) nothing comes where nothing is to come.
_QUIET_S = 0.1
COMMAND = [sys.executable, "-m", "sim_instruments", "keithley2461", "--cell", "resistor", "--json"]


class Client:
    """A raw socket, so that nothing between hides what comes."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=patience(5))

    def write(self, line: str) -> None:
        self.socket.sendall(line.encode() + b"\n")

    def rest(self, at_least: int = 0, *, ends: bool = False) -> bytes:
        """Return what comes until the connection ends or, after so many bytes, nothing more comes for a while.

        Parameters
        ----------
        at_least : int
            Bytes for which the patience is that of a loaded machine.
        ends : bool
            Whether that patience lasts until the connection ends.
        """
        received = b""
        try:
            while True:
                self.socket.settimeout(patience(5) if ends or len(received) < at_least else _QUIET_S)
                if not (data := self.socket.recv(65536)):
                    return received + b"FIN"
                received += data
        except TimeoutError:
            return received + b"..."
        except ConnectionResetError:
            return received + b"RST"

    def block(self, length: int) -> bytes:
        """Return a block of indefinite length, of so many bytes with its head and line feed, and what precedes it."""
        self.socket.settimeout(patience(5))
        received = b""
        while b"#0" not in received or len(received) - received.index(b"#0") < length:
            data = self.socket.recv(65536)
            assert data, received
            received += data
        return received

    def line(self) -> bytes:
        self.socket.settimeout(patience(5))
        with self.socket.makefile("rb") as file:
            return file.readline()


class Server:
    """A simulator in a process of its own; faults go to its standard input."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self.clients: list[Client] = []

    def fault(self, text: str) -> list[str]:
        """Plan a fault, wait until it is planned, and return what the server says about it."""
        assert self.process.stdin is not None
        assert self.process.stderr is not None
        # Lines are heard one after the other: the complaint about the second says that the first was heard.
        self.process.stdin.write(f"{text}\n{_MARK}@0\n")
        self.process.stdin.flush()
        replies = []
        while _MARK not in (line := self.process.stderr.readline()):
            assert line, "the server ended"
            replies.append(line)
        return replies

    def client(self) -> Client:
        self.clients.append(Client(self.port))
        return self.clients[-1]


@contextmanager
def served(*options: str) -> Iterator[Server]:
    pipe = subprocess.PIPE
    with subprocess.Popen([*COMMAND, *options], stdin=pipe, stdout=pipe, stderr=pipe, encoding="utf-8") as process:
        assert process.stdout is not None
        one = Server(process, int(json.loads(process.stdout.readline())["resource"].split("::")[2]))
        try:
            yield one
        finally:
            for client in one.clients:
                client.socket.close()
            process.kill()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as one:
        yield one


# -- how faults are written -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("drop-fin@1000", Fault("drop-fin", at_byte=1000)),
        ("reboot@t=2.5", Fault("reboot", at_time_s=2.5)),
        ("garble=3@n=12", Fault("garble", 3.0, at_message=12)),
        ("garble@n=12", Fault("garble", 8.0, at_message=12)),
        ("late=3s@command=:TRAC:DATA?", Fault("late", 3.0, command=":TRAC:DATA?")),
        ("drip=.5@command=a=b", Fault("drip", 0.5, command="a=b")),
        ("truncate@command=TRAC:DATA+64", Fault("truncate", command="TRAC:DATA", later=64)),
        ("stall@t=1.5+3\n", Fault("stall", at_time_s=1.5, later=3)),
    ],
)
def test_a_fault_is_read(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    "text",
    [
        "",
        "stall",
        "stall@",
        "stall@soon",
        "stall@t=x",
        "fire@1",
        "stall@command=",
        "late=x@1",
        "late=1.2.3@1",
        "stall@-1",
    ],
)
def test_what_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(FaultError):
        Fault.parse(text)


def test_the_refusal_names_all_faults() -> None:
    with pytest.raises(FaultError, match=r"no fault 'fire'") as refused:
        Fault.parse("fire@1")
    assert all(name in str(refused.value) for name in (*LINK_FAULTS, *DEVICE_FAULTS))


def test_bytes_and_messages_count_from_when_the_fault_is_planned() -> None:
    plan = FaultSchedule()
    plan.sent, plan.messages = 500, 7
    plan.add(Fault.parse("stall@10"))
    plan.add(Fault.parse("reboot@n=2"))
    assert plan.bytes_until_next() == 10
    assert plan.heard(b"a\n") == []
    assert [fault.name for fault in plan.heard(b"b\n")] == ["reboot"]


def test_a_wrong_length_is_wrong_by_one_and_else_the_same() -> None:
    assert wrong_length(b"#15abcde\n") == b"#16abcde\n"
    assert wrong_length(b"#0abc\n") == b"#19abc\n"
    assert wrong_length(b"1.5,2\n") == b"1.5,2\n"
    assert garbled(b"abc", 2) == bytes([0x9E, 0x9D]) + b"c"
    assert garbled(b"abc\n", 8) == bytes([0x9E, 0x9D, 0x9C]) + b"\n"


# -- the link ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [*range(0, len(IDENTITY), 12), len(IDENTITY) - 1])
@pytest.mark.parametrize(("name", "ending"), [("drop-fin", b"FIN"), ("stall", b"..."), ("truncate", b"...")])
def test_an_answer_ends_at_the_byte_that_was_asked_for(server: Server, name: str, ending: bytes, offset: int) -> None:
    client = server.client()
    server.fault(f"{name}@{offset}")
    client.write("*IDN?")
    assert client.rest(offset, ends=ending == b"FIN") == IDENTITY[:offset] + ending
    again = server.client()
    again.write("*IDN?")
    assert again.line() == IDENTITY
    if ending == b"...":
        assert client.rest() == b"...", "nor does the rest come later"


def test_a_reset_is_a_reset(server: Server) -> None:
    client = server.client()
    server.fault("drop-rst@command=*IDN")
    client.write("*IDN?")
    assert client.rest(ends=True) == b"RST"


def test_a_stalled_connection_stays_silent_and_another_speaks(server: Server) -> None:
    silent, other = server.client(), server.client()
    server.fault("stall@command=*IDN")
    silent.write("*IDN?")
    assert silent.rest() == b"..."
    silent.write("*OPC?")
    other.write("*OPC?")
    assert other.line() == b"1\n"
    assert silent.rest() == b"..."


def test_a_late_answer_is_late_and_whole(server: Server) -> None:
    client = server.client()
    server.fault("late=0.2@command=*idn")
    began = time.monotonic()
    client.write("*IDN?")
    assert client.line() == IDENTITY
    assert time.monotonic() - began > 0.2


def test_a_dripping_answer_is_whole_and_takes_its_time(server: Server) -> None:
    client = server.client()
    server.fault("drip=0.005@0")
    began = time.monotonic()
    client.write("*IDN?")
    assert client.line() == IDENTITY
    assert time.monotonic() - began > 0.005 * (len(IDENTITY) - 1)  # a pause after each byte: never sooner


def test_a_block_loses_its_line_feed_its_length_or_its_sense(server: Server) -> None:
    client = server.client()
    client.write(':OUTP ON;:SENS:COUN 3;:READ?;:FORM REAL;:TRAC:DATA? 1,3,"defbuffer1",READ')
    whole = client.block(2 + 24 + 1)
    whole = whole[whole.index(b"#0") :]
    assert len(whole) == 2 + 24 + 1
    for fault, answer in {
        "no-lf@0": whole[:-1],
        "length@0": b"#19" + whole[2:],
        "garble=4@6": whole[:6] + bytes(byte ^ 0xFF for byte in whole[6:10]) + whole[10:],
        "truncate@command=TRAC:DATA+9": whole[:9],
    }.items():
        server.fault(fault)
        client.write(':TRAC:DATA? 1,3,"defbuffer1",READ')
        assert client.rest(len(answer)) == answer + b"..."
    client.write("*RST;*OPC?")
    assert client.line() == b"1\n"


def test_a_drop_by_time_comes_without_anything_being_said() -> None:
    with served("--speed", "10", "--fault", "drop-fin@t=0.5") as server:
        assert server.client().rest(ends=True) == b"FIN"
        again = server.client()
        again.write("*OPC?")
        assert again.line() == b"1\n"


def test_a_second_client_resets_what_the_first_has_set(server: Server) -> None:
    client = server.client()
    client.write(":SOUR:VOLT 0.5;*OPC?")
    assert client.line() == b"1\n"
    server.fault("second-client@n=1")
    client.write(":SOUR:VOLT?")
    assert float(client.line()) == 0.0


def test_what_cannot_be_read_is_said_and_harms_nobody() -> None:
    with served() as server:
        (reply,) = server.fault("fire@1")
        assert "no fault 'fire'" in reply
        client = server.client()
        client.write("*OPC?")
        assert client.line() == b"1\n"


def test_an_unreadable_option_is_exit_status_2() -> None:
    done = subprocess.run(
        [*COMMAND, "--fault", "fire@1"], capture_output=True, encoding="utf-8", timeout=patience(30), check=False
    )
    assert done.returncode == 2
    assert "no fault 'fire'" in done.stderr


# -- the instrument ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "query", "answer"),
    [
        ("error-storm@n=1", ":SYST:ERR?", "-310"),
        ("interlock-open@n=1", ":OUTP?", "0"),
        ("overtemperature@n=1", ":OUTP?", "0"),
        ("reboot@n=1", "*ESR?", "128"),
        ("cell-open@n=1", ":READ?", "0"),
        ("cell-short@n=1", ":SOUR:VOLT:ILIM:TRIP?", "1"),
        ("compliance@n=1", ":SOUR:VOLT:ILIM:TRIP?", "1"),
    ],
)
def test_what_befalls_the_instrument_shows(fault: str, query: str, answer: str) -> None:
    clock = ManualClock()
    host = make_host("keithley2461", clock, load_cell("resistor"), faults=[fault.replace("n=1", "n=2")])
    talk = host.device.client_session()

    def ask(line: str) -> str:
        host.heard(line.encode(), end=True)
        talk.receive(line.encode() + b"\n")
        clock.advance(1.0)
        talk.run()
        got = talk.output.decode()
        talk.output.clear()
        return got

    before = ask("*CLS;:SOUR:VOLT 1;:OUTP ON;:SENS:CURR:RANG 1e-3;:READ?;*ESR?")
    assert np.isclose(float(before.split(";")[0]), 1e-4, rtol=0.01)  # 1 V on 10 kohm
    got = ask(query)
    if query == ":READ?":
        assert abs(float(got)) < 1e-6
    else:
        assert got.startswith(answer)
