"""Nothing on the control channel waits for a side that says nothing."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from multiprocessing.connection import Client
from pathlib import Path

import pytest

from daq.execution.control import ControlServer, GuardianSilent, RunLink
from daq.execution.control_file import ControlFile, read_control_file
from daq.execution.processes import ProcessId
from daq.execution.run_request import RunRequest
from daq.locks import control_path
from daq.state import OutputState, Phase, RunStatus
from protocols import ConnectionLost, Limits, RunFileError
from tests.patience import patience

STATUS = RunStatus(Phase.RUNNING, 7, 4000, OutputState.ON)
Serve = Callable[..., ControlServer]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.nxs"


@pytest.fixture
def serve(path: Path) -> Iterator[Serve]:
    servers = []

    def serve(age_s: float = 0.0, *, answering: bool = True) -> ControlServer:
        servers.append(ControlServer(path, RunRequest("R", "", Limits(), str(path), "the run", timeout_s=0.7)))
        if answering:
            servers[-1].serve(lambda _: STATUS, lambda: age_s)
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


def test_silent_front_ends_keep_no_other_one_waiting(serve: Serve, path: Path) -> None:
    serve()
    silent = [Client(read_control_file(path).address) for _ in range(10)]
    link = RunLink(path, limit_s=patience(3))
    assert link.status() == STATUS
    link.close()
    for connection in silent:
        connection.close()


def test_more_front_ends_than_there_is_room_for_are_turned_away_and_the_guardian_still_answers(
    serve: Serve, path: Path
) -> None:
    serve()
    first = RunLink(path, limit_s=patience(3))
    crowd = [Client(read_control_file(path).address) for _ in range(60)]
    assert first.status() == STATUS
    for connection in crowd:
        connection.close()
    first.close()


def test_a_guardian_that_never_answers_is_known_as_silent(serve: Serve, path: Path) -> None:
    serve(answering=False)  # it listens, as one that is frozen does: the operating system takes connections
    with pytest.raises(GuardianSilent, match=r"run\.nxs: the guardian process of this run did not answer"):
        RunLink(path, limit_s=0.1)


@pytest.mark.skipif(sys.platform == "win32", reason="a named pipe carries whole messages")
def test_a_guardian_that_stops_in_the_middle_of_an_answer_is_known_as_silent(path: Path, tmp_path: Path) -> None:
    address = f"/tmp/ionecho-test-{tmp_path.name}"[:100]  # noqa: S108 - a socket needs a short path
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        control = ControlFile(address, "00", "the run", "R", 1.0, ProcessId(1, ""))
        control_path(path).write_text(control.to_json())
        dialling = socket.socket(socket.AF_UNIX)
        dialling.connect(address)  # the queue of a frozen guardian
        with pytest.raises(GuardianSilent):
            _link_to(listening, path)
        dialling.close()
    Path(address).unlink()


def _link_to(listening: socket.socket, path: Path) -> None:
    import threading

    def half_an_answer() -> None:
        for _ in range(2):
            connection, _address = listening.accept()
            connection.send(b"\x00\x00\x00\x40#CHALL")  # 64 bytes are announced
            kept.append(connection)

    kept: list[socket.socket] = []
    threading.Thread(target=half_an_answer, daemon=True).start()
    try:
        RunLink(path, limit_s=0.2)
    finally:
        for connection in kept:
            connection.close()


def test_an_answer_tells_how_long_ago_the_supervising_loop_turned(serve: Serve, path: Path) -> None:
    serve(age_s=42.0)
    link = RunLink(path, limit_s=patience(3))
    link.status()
    assert link.supervision_age_s == pytest.approx(42.0)
    link.close()


def test_a_front_end_without_the_key_hears_nothing(serve: Serve, path: Path) -> None:
    serve()
    known = read_control_file(path)
    control_path(path).write_text(known.to_json().replace(known.key, "00" * 32))
    with pytest.raises(ConnectionLost):
        RunLink(path, limit_s=patience(3))


def test_the_control_file_names_the_processes_the_instrument_and_the_computer(serve: Serve, path: Path) -> None:
    server = serve()
    known = read_control_file(path, "the run")
    assert known.is_of_this_computer
    assert known.guardian.is_alive(), "this very process"
    assert (known.resource, known.timeout_s, known.runner) == ("R", 0.7, None)
    server.file.set_runner(ProcessId(4711, "then"))
    assert read_control_file(path).runner == ProcessId(4711, "then")
    if sys.platform != "win32":
        assert control_path(path).stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConnectionLost, match="another run is in progress there"):
        read_control_file(path, "another")
    server.close()
    assert not control_path(path).exists()


def test_a_control_file_that_cannot_be_made_is_told(serve: Serve, path: Path) -> None:
    server, control = serve(), control_path(path)
    in_the_way = control.with_name(control.name + ".making")
    in_the_way.mkdir()
    with pytest.raises(RunFileError, match=r"could not be made: .*\. Nothing was measured, the output is off\."):
        server.file.set_runner(ProcessId(4711, "then"))
    assert read_control_file(path).runner is None, "the one of before still holds"
    server.close()
    in_the_way.rename(control)
    with pytest.raises(RunFileError, match=r"could not be made: .*\. Nothing was measured, the output is off\."):
        ControlServer(path, RunRequest("R", "", Limits(), str(path), "the run", timeout_s=0.7))
