"""An output that may be on is remembered until somebody has seen that it is off."""

from __future__ import annotations

from pathlib import Path

import pytest

from daq import confirm_off, unconfirmed_outputs
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from daq.locks import lock_run
from daq.state import RunState
from tests.daq.files.test_run_file import header


def left(path: Path, state: RunState, reason: str = "") -> Path:
    create_run_file(path, header(100))
    file = RunFileBytes(path)
    file.set_state(RunState(state))
    file.add_event(state, reason)
    file.close()
    return path


def test_a_run_that_could_not_switch_off_is_remembered_with_its_reason_until_it_is_confirmed(tmp_path: Path) -> None:
    path = left(tmp_path / "run.nxs", RunState.UNKNOWN, "no answer to :OUTP?")
    left(tmp_path / "fine.nxs", RunState.COMPLETE)
    assert list(unconfirmed_outputs(tmp_path)) == [path]
    assert "no answer to :OUTP?" in unconfirmed_outputs(tmp_path)[path]
    confirm_off(path)
    assert unconfirmed_outputs(tmp_path) == {}


def test_a_run_that_died_with_its_guardian_is_remembered_but_not_one_in_progress(tmp_path: Path) -> None:
    path = left(tmp_path / "run.nxs", RunState.RUNNING)
    guardian = lock_run(path, "guardian")
    assert unconfirmed_outputs(tmp_path) == {}
    guardian.release()
    assert "guardian" in unconfirmed_outputs(tmp_path)[path]


@pytest.mark.parametrize("content", [b"", b"not a run"])
def test_what_is_no_run_file_is_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.nxs").write_bytes(content)
    assert unconfirmed_outputs(tmp_path) == {}
