"""Is a record with a measured voltage, reduced by blocks, what a walk of every sample gives?"""

from __future__ import annotations

import tracemalloc
from math import gamma
from typing import Any

import numpy as np
import pytest

import fitting.reduction.reducer
from fitting import CellModel, ModeGrid, Nuisance, Reducer, fit, reduce_run, refit
from fitting.results.remarks import RemarkKind
from protocols import FitError, PulseSequence

N, DT = 40_000, 1e-5
DRIVE = PulseSequence.pump_probe(0.02, 0.05003, 0.10001, before=0.01, after=0.3)
CELL = CellModel("R0-De1-C1", {"R0": 300.0})
TRUTH = [5e-4, 0.3, 2e-3, 1e-5]


def noisy(record: Any, cells: Any, **other: Any) -> Any:
    """A record of commanded steps that the voltmeter saw with noise of its own, too small to matter."""
    t = (np.arange(N) + 0.5) * DT
    volts = DRIVE.voltage_at(t) + 1e-7 * np.random.default_rng(8).standard_normal(N)
    current = cells.debye(300.0, 5e-4, 0.3, 2e-3, 1e-5).current(t, DRIVE)
    current += 1e-7 + 3e-9 * np.random.default_rng(3).standard_normal(N)
    return record(t, current, None, voltage_V=volts, **other)


def walked(run: Any, monkeypatch: pytest.MonkeyPatch, *, drift: bool = False) -> Any:
    """The reduction without blocks."""
    monkeypatch.setattr(fitting.reduction.reducer.Reducer, "_take_measured", lambda *_: 0)
    return reduce_run(run, Nuisance(drift=drift))


@pytest.mark.parametrize("drift", [False, True])
def test_blocks_with_measured_voltage_give_the_same_fit(
    *, drift: bool, cells: Any, record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = noisy(record, cells)
    quick, slow = reduce_run(run, Nuisance(drift=drift)), walked(run, monkeypatch, drift=drift)
    assert (quick.n_samples, quick.n_excluded, quick.n_bends) == (slow.n_samples, slow.n_excluded, slow.n_bends)
    size = np.linalg.norm(slow.factor, axis=0)
    off = quick.factor.T @ quick.factor - slow.factor.T @ slow.factor
    assert np.all(np.abs(off) <= 1e-10 * np.outer(size, size))
    one, two = refit(quick, CELL, np.array(TRUTH)), refit(slow, CELL, np.array(TRUTH))
    assert one.theta == pytest.approx(two.theta, rel=1e-9)
    assert one.rms_residual_A == pytest.approx(two.rms_residual_A, rel=1e-9)


def test_flags_send_their_blocks_the_general_way(cells: Any, record: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    flags = np.zeros(N, np.uint8)
    flags[20_000:20_003] = 1
    run = noisy(record, cells, status=flags)
    quick, slow = reduce_run(run), walked(run, monkeypatch)
    assert quick.n_excluded == slow.n_excluded == 3
    one, two = fit(quick, CELL), fit(slow, CELL)
    assert one.theta == pytest.approx(two.theta, rel=1e-8)


@pytest.mark.parametrize("measured", [False, True])
def test_records_that_cannot_be_written_to_are_read(*, measured: bool, cells: Any, record: Any) -> None:
    run = noisy(record, cells)
    if not measured:
        run = record(run.t_s, run.current_A, DRIVE)
    for column in (run.t_s, run.current_A, run.voltage_V, run.status):
        column.flags.writeable = False
    assert reduce_run(run).n_samples > 0.99 * N


@pytest.mark.parametrize("measured", [False, True])
def test_memory_does_not_grow_with_the_length_of_the_record(*, measured: bool) -> None:
    n, dt = 50_000, 1e-6
    drive = PulseSequence.pump_probe(0.02, 0.1, 0.1, before=0.01, after=0.5)
    grid = ModeGrid.covering(1e-2 * dt, drive.duration_s)
    reducer = Reducer(grid, None if measured else drive, interval_s=dt)
    current, status, peaks = np.random.default_rng(1).standard_normal(n), np.zeros(n, np.uint8), []
    reducer.append(np.arange(n) * dt, current, current, status)  # compiles and finds the bases
    tracemalloc.start()
    for part in range(1, 8):
        t = (np.arange(n) + part * n) * dt
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        reducer.append(t, current, current, status)
        peaks.append(tracemalloc.get_traced_memory()[1] - before)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert max(peaks) < 20e6
    assert kept < 20e6
    assert max(peaks[4:]) <= 1.5 * max(peaks[:3])


def constant_phase_current(t: np.ndarray, volts: np.ndarray, Q: float, n: float) -> np.ndarray:
    """Current of a bare constant phase element, exact for a voltage that is linear between samples."""
    total = np.zeros(len(t))
    bends = np.diff(np.diff(volts) / DT, prepend=0.0, append=0.0)
    for k in np.flatnonzero(bends):
        total[k:] += bends[k] * Q * (t[k:] - t[k]) ** (1.0 - n) / gamma(2.0 - n)
    return total


def test_an_element_of_unbounded_current_is_refused_with_a_measured_voltage(record: Any) -> None:
    t = (np.arange(N) + 0.5) * DT
    volts = DRIVE.voltage_at(t)
    current = constant_phase_current(t, volts, 1e-6, 0.9)
    current += 1e-4 * np.std(current) * np.random.default_rng(3).standard_normal(N)
    reduction = reduce_run(record(t, current, None, voltage_V=volts), Nuisance(edges="ramp"))
    with pytest.raises(FitError, match="put R0- before it"):
        fit(reduction, "CPE1")
    # With a resistance too small to be seen the figures still depend on what lies between two samples.
    assert RemarkKind.INSTANT_RESPONSE in {remark.kind for remark in fit(reduction, "R0-CPE1").remarks}
