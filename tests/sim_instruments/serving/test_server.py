"""Does the server keep its clients apart, outlive those who vanish, and end when told?"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.patience import patience

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-m", "sim_instruments", "keithley2461", "--cell", "resistor"]


@contextmanager
def served(*options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with subprocess.Popen([*COMMAND, "--json", *options], stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        try:
            announced = json.loads(process.stdout.readline())
            assert announced["pid"] == process.pid
            yield process, int(announced["resource"].split("::")[2])
        finally:
            process.kill()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served() as (_, port):
        yield port


class Client:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=patience(20))
        self.file = self.socket.makefile("rwb")

    def ask(self, line: str) -> str:
        self.file.write(line.encode() + b"\n")
        self.file.flush()
        return self.file.readline().decode().strip()

    def close(self) -> None:
        self.file.close()
        self.socket.close()


def test_two_clients_share_the_instrument_and_never_each_other_s_answers(port: int) -> None:
    clients = [Client(port), Client(port)]
    queries = ("*IDN?", ":SOUR:FUNC?;:SOUR:FUNC?")
    expected = [clients[0].ask(q) for q in queries]
    wrong: list[str] = []

    def converse(client: Client, query: str, answer: str) -> None:
        wrong.extend(got for _ in range(300) if (got := client.ask(query)) != answer)

    threads = [
        threading.Thread(target=converse, args=arguments) for arguments in zip(clients, queries, expected, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    clients[0].ask(":SOUR:VOLT 0.05;*OPC?")
    assert float(clients[1].ask(":SOUR:VOLT?")) == 0.05
    for client in clients:
        client.close()


def test_a_second_client_can_abort_what_the_first_waits_for(port: int) -> None:
    first, second = Client(port), Client(port)
    program = '*RST;*CLS;:TRIG:LOAD "Empty";:TRIG:BLOC:DEL:CONS 1,1000;:INIT;:TRIG:STAT?'
    assert first.ask(program).startswith("RUNNING")
    first.file.write(b"*OPC?\n")
    first.file.flush()
    assert second.ask(":TRIG:STAT?").startswith("RUNNING")
    assert second.ask(":ABOR;:TRIG:STAT?").startswith("ABORTED")
    assert first.file.readline() == b"1\n"
    first.close()
    second.close()


def test_a_client_that_vanishes_in_mid_message_harms_nobody(port: int) -> None:
    for _ in range(5):
        gone = Client(port)
        gone.file.write(b"*IDN?\n:SOUR:VO")
        gone.file.flush()
        # An RST, not a FIN: linger 0.
        gone.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        gone.close()
    client = Client(port)
    assert client.ask("*IDN?").startswith("KEITHLEY")
    client.close()


def test_a_client_that_does_not_read_does_not_hold_up_another(port: int) -> None:
    deaf, client = Client(port), Client(port)
    deaf.file.write(b"*IDN?\n" * 20_000)
    deaf.file.flush()
    assert client.ask("*IDN?").startswith("KEITHLEY")
    deaf.close()
    client.close()


def test_a_list_line_beyond_64_kilobytes_is_read(port: int) -> None:
    client = Client(port)
    client.ask("*CLS;*OPC?")
    line = ":SOUR:LIST:VOLT " + ",".join(["0." + "0" * 900 + "1"] * 100)
    assert len(line) > 65_536
    assert client.ask(line + ";:SOUR:LIST:VOLT:POIN?") == "100"
    assert client.ask(":SYST:ERR?") == '0,"No error"'
    client.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_told_and_exits_with_0(number: signal.Signals) -> None:
    with served("--speed", "50", "--seed", "4") as (process, port):
        client = Client(port)
        # 20 s of programme at 50-fold speed, while the parent no longer listens.
        assert process.stdout is not None
        process.stdout.close()
        assert client.ask(':TRIG:LOAD "Empty";:TRIG:BLOC:DEL:CONS 1,20;:INIT;*OPC?') == "1"
        process.send_signal(number)
        assert process.wait(patience(10)) == 0
        client.close()


def test_without_json_it_says_so_in_words_on_a_port_of_choice() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    with subprocess.Popen([*COMMAND, "--port", str(free)], stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        assert f"TCPIP::127.0.0.1::{free}::SOCKET" in process.stdout.readline()
        client = Client(free)
        assert client.ask("*IDN?").startswith("KEITHLEY")
        client.close()
        process.terminate()
        assert process.wait(patience(10)) == 0


def test_an_unknown_cell_is_an_error_message_and_exit_status_2() -> None:
    done = subprocess.run(
        [*COMMAND[:-1], "glass"], capture_output=True, encoding="utf-8", timeout=patience(30), check=False
    )
    assert done.returncode == 2
    assert "no cell 'glass'" in done.stderr


def test_several_instruments_share_a_cell_and_are_all_announced() -> None:
    command = [*COMMAND[:3], "keithley2450", "b2912a", "--cell", "resistor", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        try:
            announced = json.loads(process.stdout.readline())
            assert [one["kind"] for one in announced["instruments"]] == ["keithley2450", "b2912a"]
            assert announced["resource"] == announced["instruments"][0]["resource"]
            for one, maker in zip(announced["instruments"], ("KEITHLEY", "Keysight"), strict=True):
                client = Client(int(one["resource"].split("::")[2]))
                assert client.ask("*IDN?").startswith(maker)
                client.close()
        finally:
            process.kill()


def test_windows_is_offered_no_pseudo_terminals() -> None:
    script = (
        "import sys; sys.platform = 'win32'; from sim_instruments.catalogue import CATALOGUE\n"
        "offered = [entry.transports for entry in CATALOGUE.values()]\n"
        "print({transports[0] for transports in offered}, any('pty' in transports for transports in offered))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "{'socket'} False"


def test_a_server_ends_with_its_standard_input_if_that_was_asked() -> None:
    with subprocess.Popen(
        [*COMMAND, "--json", "--until-eof"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["pid"] == process.pid
        process.stdin.write("cell-open@0\n")
        process.stdin.close()
        assert process.wait(patience(20)) == 0


def test_a_server_outlives_its_standard_input_if_nothing_else_was_asked() -> None:
    with subprocess.Popen(
        [*COMMAND, "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            assert process.stdout is not None
            port = int(json.loads(process.stdout.readline())["resource"].split("::")[2])
            client = Client(port)
            for _ in range(20):  # the end of standard input was read long before
                assert client.ask("*IDN?").startswith("KEITHLEY")
            client.close()
            assert process.poll() is None
        finally:
            process.terminate()
