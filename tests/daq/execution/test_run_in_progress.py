"""A front end says how a run ended, also when its guardian is gone or does not end."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from daq import Outcome, OutputState, Phase, RunInProgress, RunState, RunStatus, attach, end_if_silent
from daq.execution import bench
from daq.execution.control import ControlServer
from daq.execution.control_file import read_control_file
from daq.execution.guardian_process import start_guardian
from daq.execution.messages import end_from_line, end_to_line
from daq.execution.run_request import RunRequest, request_to_json
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from daq.locks import control_path, lock_run
from protocols import ConnectionLost, Limits, Sample
from tests.patience import patience

pytestmark = pytest.mark.waits


def test_the_end_that_a_guardian_wrote_after_a_take_over_is_believed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    create_run_file(path, Header("t", "", Sample(), None, "R", {}, None, 10, 1.0))
    file = RunFileBytes(path)
    file.add_event("aborted", "the runner died", output="off")
    file.set_state(RunState.ABORTED)
    file.close()
    outcome = RunInProgress(path).wait()
    assert (outcome.state, outcome.output, outcome.reason) == ("aborted", "off", "the runner died")


def test_a_run_without_guardian_and_without_a_last_word_may_have_its_output_on(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    create_run_file(path, Header("t", "", Sample(), None, "R", {}, None, 10, 1.0))
    file = RunFileBytes(path)
    file.set_state(RunState.RUNNING)
    file.close()
    outcome = RunInProgress(path).wait()
    assert (outcome.state, outcome.output) == (RunState.UNKNOWN, OutputState.UNKNOWN)
    assert "Press the OUTPUT key" in outcome.reason


class LastingGuardian:
    """A guardian whose process does not end."""

    pid = 4711

    def wait(self, seconds: float) -> int:
        raise subprocess.TimeoutExpired("guardian", seconds)


def test_a_guardian_that_does_not_end_does_not_hide_the_outcome(tmp_path: Path) -> None:
    lasting: Any = LastingGuardian()
    path = tmp_path / "run.nxs"
    server = ControlServer(path, RunRequest("R", "", Limits(), str(path), "the run"))
    server.serve(lambda _: RunStatus().ended(Outcome(RunState.COMPLETE, OutputState.OFF, n_samples=7)))
    outcome = RunInProgress(path, lasting, run_id="the run").wait()
    server.finish(5.0)
    assert (outcome.state, outcome.output, outcome.n_samples) == ("complete", "off", 7)
    assert "process 4711" in outcome.warnings[0]


class DeadGuardian:
    """A guardian whose process has ended."""

    pid = 4711

    def __init__(self, returncode: int) -> None:
        self.returncode = returncode

    def poll(self) -> int:
        return self.returncode

    def wait(self, _seconds: float) -> int:
        return self.returncode


@pytest.mark.parametrize(
    ("status", "printed", "told"),
    [
        pytest.param(
            -9,
            b"",
            "the guardian process of this run has ended (killed by SIGKILL)",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals"),
        ),
        (1, b"the measuring process ended unexpectedly\n", "the measuring process ended unexpectedly"),
        (1, b"", "the guardian process of this run has ended"),
    ],
)
def test_a_run_that_did_not_start_says_what_became_of_its_guardian(
    tmp_path: Path, status: int, printed: bytes, told: str
) -> None:
    dead: Any = DeadGuardian(status)
    with tempfile.TemporaryFile() as stderr_file:
        stderr_file.write(printed)
        outcome = RunInProgress(tmp_path / "run.nxs", dead, stderr_file).wait()
    assert (outcome.state, outcome.output) == ("refused", "untouched")
    assert outcome.reason == f"the run did not start, and nothing was sent: {told}"


@pytest.mark.parametrize(
    "end",
    [
        Outcome.refused("stopped by the operator: nothing was started", ""),
        Outcome.refused("0.2 V is over the limit of 0.1 V", "LimitError"),
        Outcome.unknown("the instrument does not answer"),
    ],
    ids=["stopped", "refused", "unknown"],
)
def test_an_end_that_no_front_end_heard_is_told_as_it_was(tmp_path: Path, end: Outcome) -> None:
    dead: Any = DeadGuardian(1)
    with tempfile.TemporaryFile() as stderr_file:
        stderr_file.write(f"a warning\n{end_to_line('an earlier run', Outcome.refused('why', ''))}\n".encode())
        stderr_file.write(f"{end_to_line('this run', end)}\nanother warning\n".encode())
        outcome = RunInProgress(tmp_path / "run.nxs", dead, stderr_file, "this run").wait()
    assert outcome == end


@pytest.mark.parametrize("is_copied", [False, True], ids=["started", "as tests have it"])
def test_a_guardian_prints_the_end_for_a_program_and_then_for_a_person(tmp_path: Path, is_copied: bool) -> None:
    request = RunRequest("no address", "", Limits(), str(tmp_path / "run.nxs"), "this run")
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as printed:
        asked.write(f"{request_to_json(request)}\n".encode())
        asked.seek(0)
        guardian = (vars(bench)["start_guardian"] if is_copied else start_guardian)(asked, printed)
        assert guardian.wait(patience(60)) == 1
        printed.seek(0)
        *_, line, sentence = printed.read().decode().splitlines()
    end = end_from_line(line, "this run")
    assert end is not None
    assert end.state == "refused"
    assert end.reason == sentence
    assert "no address" in sentence


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Reasons of replacements, of which none is carried out: the guardian of these tests is this very process."""
    reasons: list[str] = []

    def replace_nothing(*arguments: object) -> Outcome:
        reasons.append(str(arguments[-1]))
        return Outcome(RunState.ABORTED, OutputState.OFF, "replaced")

    monkeypatch.setattr("daq.execution.run_in_progress.replace_processes", replace_nothing)
    return reasons


def serve(path: Path, age_s: float | None) -> ControlServer:
    server = ControlServer(path, RunRequest("R", "", Limits(), str(path), "the run"))
    if age_s is not None:
        server.serve(lambda _: RunStatus(Phase.RUNNING, 7, 4000, OutputState.ON), lambda: age_s)
    return server


@pytest.mark.parametrize(
    ("age_s", "why"), [(42.0, "has not watched it for 42 s"), (None, "did not answer for 3 s")], ids=["hung", "silent"]
)
@pytest.mark.parametrize("how", ["wait", "stop", "stop_and_wait", "abort"])
def test_every_way_replaces_a_guardian_that_is_hung_or_silent(
    how: str, age_s: float | None, why: str, tmp_path: Path, replaced: list[str]
) -> None:
    server = serve(tmp_path / "run.nxs", age_s)
    with held_lock(tmp_path / "run.nxs"):
        run = RunInProgress(tmp_path / "run.nxs", run_id="the run")
        getattr(run, how)()
        assert run.wait().reason == "replaced"
    assert len(replaced) == 1
    assert why in replaced[0]
    server.close()


def test_a_guardian_whose_loop_turns_is_left_alone(tmp_path: Path, replaced: list[str]) -> None:
    server = serve(tmp_path / "run.nxs", 0.5)
    with held_lock(tmp_path / "run.nxs"):
        run = RunInProgress(tmp_path / "run.nxs", run_id="the run")
        run.stop()
        assert (run.poll().phase, run.is_being_replaced) == (Phase.RUNNING, False)
    assert replaced == []
    run.close()
    server.close()


def test_a_run_on_another_computer_is_not_followed_from_here(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    server = serve(path, 0.0)
    known = read_control_file(path)
    control_path(path).write_text(replace(known, node="the other one").to_json())
    with held_lock(path), pytest.raises(ConnectionLost, match="in progress on the computer the other one"):
        attach(path)
    assert end_if_silent(path) is None
    server.close()


@contextmanager
def held_lock(path: Path) -> Iterator[None]:
    lock = lock_run(path, "guardian")
    yield
    lock.remove()
