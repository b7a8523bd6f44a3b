"""Does a front end say how a run ended when its guardian is gone or does not end?"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from daq import Outcome, OutputState, RunInProgress, RunState, RunStatus
from daq.files.layout import Header, create_run_file
from daq.files.writer import RunFileBytes
from protocols import Sample


def test_the_end_that_a_guardian_wrote_after_a_take_over_is_believed_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.nxs"
    create_run_file(path, Header("t", "", Sample(), None, "R", {}, None, 10, 1.0))
    file = RunFileBytes(path)
    file.add_event("aborted", "the runner died", output="off")
    file.set_state("aborted")
    file.close()
    monkeypatch.setattr("daq.execution.bench._START_S", 0.5)
    outcome = RunInProgress(path).wait()
    assert (outcome.state, outcome.output, outcome.reason) == ("aborted", "off", "the runner died")


class LastingGuardian:
    """A guardian whose process does not end."""

    pid = 4711

    def wait(self, seconds: float) -> int:
        raise subprocess.TimeoutExpired("guardian", seconds)


def test_a_guardian_that_does_not_end_does_not_hide_the_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lasting: Any = LastingGuardian()
    going = RunInProgress(tmp_path / "run.nxs", lasting)
    ended = Outcome(RunState.COMPLETE, OutputState.OFF, n_samples=7)
    monkeypatch.setattr(going, "_status", RunStatus().ended(ended))
    outcome = going.wait()
    assert (outcome.state, outcome.output, outcome.n_samples) == ("complete", "off", 7)
    assert "process 4711" in outcome.warnings[0]
