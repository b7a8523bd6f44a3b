"""Benchmark of refits of an archive: runs of 1e5 samples, three circuits, from kept reductions.

    python -m benchmarks.bench_refit [--runs 100] [--workers 2] [--folder FOLDER] [--uneven] [--scheduler] [--json]

Pulses of one protocol on MIGRATION cells whose parameters scatter by 20 %, written by the product's own writer. With a
folder, runs that are there already stay. `--uneven` has each sample up to a hundredth of an interval late, as clocks of
computers have them. `--scheduler` does the same on a local Dask cluster as well.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.campaigns.truth import SimulatedRecord
from benchmarks.processor_time import median_s
from daq import open_run
from daq.files.finalize import finalize_run_file
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from daq.state import RunState
from drivers import Block
from fitting import CellModel, ModeGrid
from fitting.archive.dispatch import cluster, processes
from fitting.archive.refit import refit_archive
from fitting.reduction.drive import ModeCursor
from fitting.reduction.reduce import reduce_run
from fitting.transforms.modes import mode_map
from protocols import PulseSequence, Sample

if TYPE_CHECKING:
    from fitting.archive.dispatch import Workers

CIRCUITS = ("R0-De1-CPE1", "R0-Cc1-CPE1", "R0-Mig1-CPE1")
CELL, THETA = "R0-Mig1-CPE1", np.array([200.0, 2e-4, 1.7, 2.0, 1.5e-3, 8e-5, 0.87])
SCATTER = 0.2 * np.array([1.0, 1.0, 0.5, 0.3, 1.0, 1.0, 0.0])
DRIVE = PulseSequence.pump_probe(0.02, 0.3, 0.1, before=0.05, after=1.25)
N, NOISE_A = 100_000, 2e-9


def write_runs(folder: Path, n_runs: int, *, uneven: bool) -> None:
    """Write the runs that are not there yet."""
    interval_s = DRIVE.duration_s / N
    t = (np.arange(N, dtype=np.float64) + 0.5) * interval_s
    if uneven:
        t += 0.01 * interval_s * np.random.default_rng(3).random(N)
    grid = ModeGrid.covering(0.4 * interval_s, float(t[-1]))
    modes, model = mode_map(grid), CellModel(CELL)
    rows = ModeCursor(grid.rates, DRIVE, interval_s, interval_s).rows(t, t)[0]
    voltage, status = DRIVE.voltage_at(t), np.zeros(N, np.uint8)
    plan = {"interval_s": None if uneven else interval_s, "aperture_s": interval_s}
    for k in range(n_runs):
        path = folder / f"run-{k:06d}.nxs"
        if path.exists():
            continue
        random = np.random.default_rng(k)
        theta = THETA * np.exp(SCATTER * random.standard_normal(len(THETA)))
        current = rows @ modes.weights(model.admittance(modes.s, theta)) + NOISE_A * random.standard_normal(N)
        sample = Sample(f"pellet {k % 5}", 1e-3, 5e-5, temperature_K=260.0 + 10.0 * (k % 8))
        header = Header("pump probe", "", sample, None, "none", plan, DRIVE, N, DRIVE.duration_s, f"bench {k}")
        create_run_file(path, header)
        file = RunFileBytes(path)
        file.write_samples(0, 0, [Block(t, voltage, current, status)])
        file.close()
        finalize_run_file(path, RunState.COMPLETE)


def timed(folder: Path, n_runs: int, table: Path, workers: Workers[Any, Any]) -> float:
    """Return how long (s) a refit of the first runs into a new table takes, processes started and table written."""
    table.unlink(missing_ok=True)
    paths = [folder / f"run-{k:06d}.nxs" for k in range(n_runs)]
    begun = time.perf_counter()
    done = refit_archive(paths, CIRCUITS, table, workers=workers)
    took_s = time.perf_counter() - begun
    if done.n_fitted != n_runs * len(CIRCUITS):
        raise RuntimeError(f"{done.n_failed} rows failed: {done.failures[:1]}")
    return took_s


def reduced_in_memory_s(path: Path) -> float:
    """Return how long (s) one process takes to reduce a run whose samples it has, as a refit does."""
    run = open_run(path)
    held = SimulatedRecord(run.t_s[:], run.current_A[:], run.drive, run.voltage_V[:], run.status[:], run.aperture_s)
    return median_s(lambda: reduce_run(held), 9)


def figures(folder: Path, n_runs: int, n_workers: int, *, uneven: bool, on_cluster: bool) -> dict[str, Any]:
    """Return how long (s) a refit takes: with the reductions to be made, from kept ones, resumed, on a cluster."""
    write_runs(folder, n_runs, uneven=uneven)
    table = folder / "table.csv"
    found: dict[str, Any] = {"runs": n_runs, "samples": N, "circuits": CIRCUITS, "workers": n_workers}
    found["reduced in memory by one"] = n_runs * reduced_in_memory_s(folder / "run-000000.nxs")
    if not list(folder.glob("*.results.nxs")):
        found["from raw samples"] = timed(folder, n_runs, table, processes(n_workers))
    found["one worker"] = timed(folder, n_runs, table, processes(1))
    found["from kept reductions"] = timed(folder, n_runs, table, processes(n_workers))
    begun = time.perf_counter()
    refit_archive([folder], CIRCUITS, table, workers=processes(n_workers))
    found["nothing left to do"] = time.perf_counter() - begun
    if on_cluster:
        from distributed import LocalCluster

        with ExitStack() as stack:
            local = stack.enter_context(
                LocalCluster(n_workers=n_workers, threads_per_worker=1, dashboard_address=None, memory_limit=0)
            )
            workers = stack.enter_context(cluster(local.scheduler_address))
            timed(folder, min(n_runs, 4 * n_workers), table, workers)
            found["Dask, running"] = timed(folder, n_runs, table, workers)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--uneven", action="store_true")
    parser.add_argument("--scheduler", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = given.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        found = figures(folder, given.runs, given.workers, uneven=given.uneven, on_cluster=given.scheduler)
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"  {name:24s} {value:8.2f} s" if isinstance(value, float) else f"  {name:24s} {value}")


if __name__ == "__main__":
    main()
