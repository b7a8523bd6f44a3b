"""Work spread over processes: nothing is lost and nothing comes twice, whichever of them die."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fitting.archive.dispatch import processes, spread
from protocols import InputError
from tests.fitting.archive.work import KILLER, double, name_once
from tests.patience import patience

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")


def test_a_task_that_kills_its_process_takes_no_other_with_it() -> None:
    tasks = [*range(5), KILLER, *range(5, 9)]
    found = list(spread(processes(2), double, tasks, lambda task: 1000 * task, 2))
    assert sorted(found) == [1000 * KILLER, *(2 * n for n in range(9))]


def test_what_a_killed_process_had_is_done_by_another(tmp_path: Path) -> None:
    tasks = [str(tmp_path / name) for name in ("a", "b", "once", "c", "d")]
    found = list(spread(processes(1), name_once, tasks, lambda task: f"lost {task}", 1))
    assert sorted(found) == ["a", "b", "c", "d", "once"]


def test_a_script_that_its_own_processes_cannot_import_is_told_how_to_be_written(tmp_path: Path) -> None:
    script = tmp_path / "bare.py"
    script.write_text(
        "from fitting.archive.dispatch import processes, spread\n"
        "print(list(spread(processes(2), print, range(100), str, 1)))\n"
    )
    told = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=patience(60))
    assert told.returncode == 1
    assert "FitError: no process of its own can be started" in told.stderr
    assert "under `if __name__" in told.stderr
    assert told.stderr.count("bootstrapping phase") <= 4, "each process is started twice at most"


def test_there_is_a_worker_at_least() -> None:
    with pytest.raises(InputError, match="at least one"):
        processes(0)
