"""A run under its guardian: what is told of one that was stopped while its measuring process was still starting."""

from __future__ import annotations

import os
import queue
from pathlib import Path
from typing import Any

import pytest

from daq import OutputState, RunState
from daq.execution.control import RunLink
from daq.execution.processes import ProcessId
from daq.execution.run_request import RunRequest
from daq.execution.supervised_run import SupervisedRun
from protocols import Limits

RESOURCE = "TCPIP::127.0.0.1::9::SOCKET"


class DeadRunner:
    """A measuring process that has ended before it reported anything."""

    identity = ProcessId.of(os.getpid())
    killed_by = " (killed by SIGKILL)"

    def send(self, _message: object) -> None:
        pass

    def next_message(self, _limit_s: float) -> object:
        raise queue.Empty

    def is_alive(self) -> bool:
        return False

    def await_end(self, _limit_s: float) -> None:
        pass

    def kill(self) -> None:
        pass


class Instrument:
    """The guardian's hold on an instrument whose output is off, or that does not answer."""

    def __init__(self, problem: str | None) -> None:
        self.problem = problem
        self.n_read_back = 0

    def switch_off(self) -> str | None:
        self.n_read_back += 1
        return self.problem

    def start_switching_off(self) -> None:
        pass

    def do(self, function: Any, _limit_s: object, _what: str) -> Any:
        return function()


@pytest.mark.parametrize(
    ("asks", "problem", "state", "output", "reason"),
    [
        ("stop", None, RunState.REFUSED, OutputState.UNTOUCHED, "stopped by the operator: nothing was started"),
        ("abort", None, RunState.REFUSED, OutputState.UNTOUCHED, "aborted by the operator: nothing was started"),
        ("", None, RunState.ABORTED, OutputState.OFF, "ended unexpectedly"),
        ("stop", "it does not answer", RunState.REFUSED, OutputState.UNTOUCHED, "it does not answer"),
    ],
)
def test_a_run_that_is_stopped_before_its_process_has_begun_is_told_as_stopped(
    tmp_path: Path, asks: str, problem: str | None, state: RunState, output: OutputState, reason: str
) -> None:
    path = tmp_path / "run.nxs"
    instrument: Any = Instrument(problem)
    runner: Any = DeadRunner()
    run = SupervisedRun(RunRequest(RESOURCE, "", Limits(), str(path), "the run"), instrument, lambda: None)
    run.serve(lambda: 0.0)
    link = RunLink(path)
    if asks:
        (link.stop if asks == "stop" else link.abort)()
    outcome = run.supervise(runner, is_last=False)
    run.end(outcome)
    link.close()
    run.finish()
    assert (outcome.state, outcome.output) == (state, output)
    assert reason in outcome.reason
    assert (outcome.error == "") is (bool(asks) and problem is None)
    assert instrument.n_read_back == 1, "off is read back whatever was wanted"
    if asks and problem is None:
        assert "ended unexpectedly" in outcome.warnings[0]
