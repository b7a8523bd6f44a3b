"""What is recovered of a dead run: its output first, read inside the simulated instrument, then its file."""

from __future__ import annotations

import platform
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from daq import confirm_off, open_run, recover, unconfirmed_outputs
from daq.execution.output_marker import OutputMarker
from daq.execution.recovery import settle_instrument
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from daq.instrument_locks import instrument_held, lock_instrument
from daq.locks import lock_run
from daq.state import RunState
from drivers import Identity
from protocols import OutputStateUnknown, RunFileError, Sample
from sim_instruments.serving.in_process import InProcess, served_here
from tests.patience import until

pytestmark = pytest.mark.waits

EC301 = Identity("Stanford Research Systems", "EC301", "1", "1")
NOBODY = "TCPIP::127.0.0.1::9::SOCKET"  # the port of `discard`, on which nothing listens
TRY_S = 0.5

Left = Callable[..., Path]


def is_on(instrument: InProcess) -> bool:
    seen: list[bool] = []
    instrument.do(lambda: seen.append(instrument.served.host.device.output_is_on))
    return seen[0]


def switch_on(instrument: InProcess) -> None:
    port = int(instrument.resource.split("::")[2])
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(b"ceenab 1\n")
        until(lambda: is_on(instrument))


@pytest.fixture
def ec301() -> Iterator[InProcess]:
    """An EC301 whose cell is on: it holds its last level as long as nobody switches it off."""
    with served_here("ec301") as instrument:
        switch_on(instrument)
        yield instrument


@pytest.fixture
def left(tmp_path: Path) -> Left:
    """Return a function that makes the file of a run whose processes have died."""

    def make(
        resource: str, state: RunState = RunState.RUNNING, name: str = "run.nxs", computer: str = platform.node()
    ) -> Path:
        path = tmp_path / name
        create_run_file(path, Header("t", "", Sample(), EC301, resource, {}, None, 100, 1.0))
        file = RunFileBytes(path)
        file.add_event("start", computer=computer)
        file.set_state(state)
        file.close()
        return path

    return make


def test_recover_switches_off_what_a_dead_run_left_on_and_reads_that_back(ec301: InProcess, left: Left) -> None:
    path = left(ec301.resource)
    OutputMarker(ec301.resource).write("ec301", path)
    found = recover(path)
    assert not is_on(ec301)
    assert (found.found_state, found.state, found.output_problem) == ("running", "aborted", "")
    outcome = open_run(path).recorded_outcome()
    assert outcome is not None
    assert (outcome.state, outcome.output) == ("aborted", "off")
    assert "read back as off" in outcome.reason
    assert unconfirmed_outputs(path.parent) == {}
    assert OutputMarker(ec301.resource).read() is None


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.UNKNOWN])
def test_without_a_read_back_the_alarm_stays_and_says_what_to_do(left: Left, state: RunState) -> None:
    path = left(NOBODY, state)
    marker = OutputMarker(NOBODY)
    marker.write("ec301", path)
    found = recover(path, TRY_S)
    assert (found.found_state, found.state) == (state, "unknown")
    assert "Pull out the CELL switch" in found.output_problem
    assert "--seen-off" in found.output_problem
    assert list(unconfirmed_outputs(path.parent)) == [path]
    assert marker.read() is not None
    again = recover(path, TRY_S)
    assert (again.state, bool(again.output_problem)) == ("unknown", True)


def test_an_alarm_ends_with_a_later_read_back(left: Left, ec301: InProcess) -> None:
    path = left(ec301.resource, RunState.UNKNOWN)
    path.chmod(0o444)
    assert recover(path).state == "aborted"
    assert not is_on(ec301)
    assert path.stat().st_mode & 0o777 == 0o444
    assert unconfirmed_outputs(path.parent) == {}


def test_a_person_who_has_looked_ends_the_alarm(left: Left) -> None:
    path = left(NOBODY, RunState.UNKNOWN)
    marker = OutputMarker(NOBODY)
    marker.write("ec301", path)
    confirm_off(path)
    assert unconfirmed_outputs(path.parent) == {}
    assert marker.read() is None
    found = recover(path, TRY_S)
    assert (found.state, found.output_problem) == ("aborted", "")


def test_an_instrument_that_a_run_has_is_not_touched(ec301: InProcess, left: Left, tmp_path: Path) -> None:
    path = left(ec301.resource)
    OutputMarker(ec301.resource).write("ec301", tmp_path / "other.nxs")
    running = lock_instrument(ec301.resource, tmp_path / "other.nxs", "runner")
    found = recover(path)
    assert is_on(ec301)
    assert found.state == "unknown"
    assert "other.nxs" in found.output_problem
    confirm_off(path)
    assert OutputMarker(ec301.resource).read() is not None, "the marker is the running run's"
    running.release()


@pytest.mark.parametrize("role", ["guardian", "runner"])
def test_a_run_whose_processes_live_is_left_to_them(ec301: InProcess, left: Left, role: str) -> None:
    path = left(ec301.resource)
    alive = lock_run(path, "guardian" if role == "guardian" else "runner")
    with pytest.raises(RunFileError, match="is still running"):
        recover(path)
    assert is_on(ec301)
    alive.release()


def test_a_run_of_another_computer_does_not_touch_the_instrument(ec301: InProcess, left: Left) -> None:
    """Another run may have it by now, and its locks are on that computer."""
    found = recover(left(ec301.resource, computer="elsewhere"))
    assert is_on(ec301)
    assert found.state == "unknown"
    assert "the computer elsewhere" in found.output_problem


@pytest.mark.parametrize("resource", ["", "old record.txt"])
def test_a_record_without_an_instrument_has_no_output(left: Left, resource: str) -> None:
    found = recover(left(resource))
    assert (found.state, found.output_problem) == ("aborted", "")


def test_a_run_that_never_switched_on_is_closed_without_asking_anybody(left: Left) -> None:
    found = recover(left(NOBODY, RunState.CREATED))
    assert (found.state, found.output_problem) == ("aborted", "")


def test_another_model_at_the_address_proves_nothing(left: Left) -> None:
    with served_here("keithley2461") as other:
        path = left(other.resource)
        OutputMarker(other.resource).write("ec301", path)
        found = recover(path, TRY_S)
    assert found.state == "unknown"
    assert "2461" in found.output_problem


def test_a_new_run_switches_off_what_an_earlier_one_left_on(ec301: InProcess, left: Left) -> None:
    path = left(ec301.resource)
    OutputMarker(ec301.resource).write("ec301", path)
    with instrument_held(ec301.resource):
        assert "run.nxs may have left the output on" in settle_instrument(ec301.resource, 1.5)
        assert settle_instrument(ec301.resource, 1.5) == "", "there is nothing more to do"
    assert not is_on(ec301)
    assert OutputMarker(ec301.resource).read() is None
    assert unconfirmed_outputs(path.parent) == {}
    assert recover(path).state == "aborted"


def test_no_new_run_begins_where_an_earlier_one_may_be_on(left: Left) -> None:
    path = left(NOBODY)
    OutputMarker(NOBODY).write("ec301", path)
    with pytest.raises(OutputStateUnknown, match=r"run\.nxs may have left the output on.*Nothing of the new run"):
        settle_instrument(NOBODY, 1.5)
    assert list(unconfirmed_outputs(path.parent)) == [path]


def test_a_marker_confirms_no_run_on_another_instrument(ec301: InProcess, left: Left) -> None:
    """A marker can be written by anybody: it must not lower the alarm of another instrument."""
    path = left(NOBODY, RunState.UNKNOWN)
    OutputMarker(ec301.resource).write("ec301", path)
    settle_instrument(ec301.resource, 1.5)
    assert list(unconfirmed_outputs(path.parent)) == [path]
