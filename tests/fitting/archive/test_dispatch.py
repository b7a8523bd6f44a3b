"""Work spread over processes: nothing is lost and nothing comes twice, whichever of them die."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fitting.archive.dispatch import processes, spread
from protocols import InputError
from tests.fitting.archive.work import KILLER, double, name_once

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")


def test_a_task_that_kills_its_process_takes_no_other_with_it() -> None:
    tasks = [*range(5), KILLER, *range(5, 9)]
    found = list(spread(processes(2), double, tasks, lambda task: 1000 * task, 2))
    assert sorted(found) == [1000 * KILLER, *(2 * n for n in range(9))]


def test_what_a_killed_process_had_is_done_by_another(tmp_path: Path) -> None:
    tasks = [str(tmp_path / name) for name in ("a", "b", "once", "c", "d")]
    found = list(spread(processes(1), name_once, tasks, lambda task: f"lost {task}", 1))
    assert sorted(found) == ["a", "b", "c", "d", "once"]


def test_there_is_a_worker_at_least() -> None:
    with pytest.raises(InputError, match="at least one"):
        processes(0)
