"""A refit on a real Dask cluster, with a worker killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fitting.archive.dispatch import cluster, spread
from fitting.archive.refit import Progress, refit_archive
from protocols import FitError
from tests.fitting.archive.runs import CIRCUIT, write_run
from tests.fitting.archive.work import name_once

distributed = pytest.importorskip("distributed", reason="a cluster needs distributed (uv run --group archive)")

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL"),
    # Killed workers leave sockets and tasks that distributed only warns of.
    pytest.mark.filterwarnings("default"),
]


@pytest.fixture(scope="module")
def local() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0
    ) as found:
        yield found


def test_what_a_killed_worker_had_is_done_by_another(local: Any, tmp_path: Path) -> None:
    tasks = [str(tmp_path / name) for name in ("a", "b", "once", "c", "d")]
    with cluster(local.scheduler_address) as workers:
        assert workers.count == 2
        found = list(spread(workers, name_once, tasks, lambda task: f"lost {task}", 1))
    assert sorted(found) == ["a", "b", "c", "d", "once"]


def test_a_refit_whose_worker_is_killed_has_every_row_once(local: Any, tmp_path: Path) -> None:
    for k in range(8):
        write_run(tmp_path / f"{k}.nxs", run_id=str(k), W_inf=0.2 + 0.05 * k, seed=k)

    def kill(progress: Progress) -> None:
        if progress.n_done == 2:
            os.kill(next(iter(local.workers.values())).pid, signal.SIGKILL)

    with cluster(local.scheduler_address) as workers:
        done = refit_archive([tmp_path], [CIRCUIT], tmp_path / "t.csv", workers=workers, follow=kill)
    assert [(Path(row["run"]).stem, row["status"]) for row in done.rows] == [(str(k), "fitted") for k in range(8)]
    for k, row in enumerate(done.rows):
        width = row["W_inf_high"] - row["W_inf_low"]
        assert abs(row["W_inf"] - (0.2 + 0.05 * k)) < width


def test_a_scheduler_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FitError, match="does not answer"), cluster("tcp://127.0.0.1:1"):
        pass
