from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from fitting import CellModel, ModeGrid, Nuisance, Reducer, Reduction, fit, reduce_run, reducer_for
from fitting.reduction.drive import ModeCursor
from protocols import FitError, PulseSequence

DRIVE = PulseSequence.pump_probe(0.02, 0.05003, 0.03001, before=0.01, after=0.2)
CELL = CellModel("R0-De1-C1", {"R0": 300.0})
T = np.arange(0.0, 0.29, 1e-4) + 4e-5


@pytest.fixture
def noisy(cells: Any, record: Any) -> Any:
    current = cells.debye(300.0, 5e-4, 0.3, 2e-3, 1e-5).current(T, DRIVE)
    return record(T, current + 3e-9 * np.random.default_rng(3).standard_normal(len(T)), DRIVE)


def same_products(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two sets of rows have the same inner products of columns, to rounding of the columns' lengths."""
    size = np.linalg.norm(other, axis=0)
    return bool(np.all(np.abs(one.T @ one - other.T @ other) <= 1e-12 * np.outer(size, size)))


def test_factor_is_that_of_all_rows_at_once(noisy: Any) -> None:
    reduction = reduce_run(noisy)
    modes, keep = ModeCursor(reduction.grid.rates, DRIVE, 1e-4).rows(T, T)
    rows = np.column_stack([np.ones(len(T)), modes, noisy.current_A])[keep]
    # R^T R is what a fit uses; R itself is only defined down to rounding of the largest column entries.
    assert same_products(reduction.factor, rows)
    direct = np.linalg.lstsq(rows[:, :-1], rows[:, -1], rcond=None)[0]
    found = np.linalg.lstsq(reduction.factor[:-1, :-1], reduction.factor[:-1, -1], rcond=None)[0]
    residuals = [float(np.sum((rows[:, -1] - rows[:, :-1] @ w) ** 2)) for w in (direct, found)]
    assert residuals[1] == pytest.approx(residuals[0], rel=1e-9)


def test_two_halves_merge_to_the_whole(noisy: Any, record: Any) -> None:
    whole = reduce_run(noisy)
    cut = 1700
    parts = []
    for here in (slice(0, cut), slice(cut, None)):
        reducer = Reducer(whole.grid, DRIVE, interval_s=1e-4)
        reducer.append(T[here], noisy.voltage_V[here], noisy.current_A[here], noisy.status[here])
        parts.append(reducer.reduction())
    merged = parts[0].merged(parts[1])
    assert merged.n_samples == whole.n_samples
    assert same_products(merged.factor, whole.factor)
    one, two = fit(whole, CELL), fit(merged, CELL)
    assert two.theta == pytest.approx(one.theta, rel=1e-9)
    assert two.rms_residual_A == pytest.approx(one.rms_residual_A, rel=1e-9)


def test_reductions_on_other_grids_do_not_merge(noisy: Any) -> None:
    whole = reduce_run(noisy)
    other = Reducer(ModeGrid.covering(1e-5, 1.0), DRIVE, interval_s=1e-4).reduction()
    with pytest.raises(FitError, match="on one grid"):
        whole.merged(other)


def test_block_size_does_not_matter(noisy: Any) -> None:
    whole = reduce_run(noisy)
    reducer = reducer_for(T, DRIVE)
    for a, b in pairwise([0, 1, 3, 66, 130, 131, 2000, len(T)]):
        reducer.append(T[a:b], noisy.voltage_V[a:b], noisy.current_A[a:b], noisy.status[a:b])
    found = reducer.reduction()
    assert (found.n_samples, found.n_excluded, found.n_bends) == (whole.n_samples, whole.n_excluded, whole.n_bends)
    assert found.second_difference_A2 == pytest.approx(whole.second_difference_A2)
    assert same_products(found.factor, whole.factor)


def test_flagged_samples_leave_no_trace(noisy: Any, record: Any) -> None:
    spoilt, flags = noisy.current_A.copy(), np.zeros(len(T), np.uint8)
    spoilt[500:520], flags[500:520] = 9.9e37, 1
    spoilt[900], spoilt[901] = np.nan, np.inf
    flags[902] = 4
    found = reduce_run(record(T, spoilt, DRIVE, status=flags))
    assert found.n_excluded == 23
    left = np.ones(len(T), bool)
    left[500:520] = left[900:903] = False
    modes, _ = ModeCursor(found.grid.rates, DRIVE, 1e-4).rows(T, T)
    rows = np.column_stack([np.ones(len(T)), modes, noisy.current_A])[left]
    assert same_products(found.factor, rows)


def test_record_without_good_samples_is_refused(record: Any) -> None:
    with pytest.raises(FitError, match="only 0 are free of flags"):
        reduce_run(record(T, T, DRIVE, status=np.ones(len(T), np.uint8)))


def test_record_without_a_response_is_refused(record: Any) -> None:
    drive = PulseSequence.pulse(0.02, 0.1, before=1.0, after=1.0)
    with pytest.raises(FitError, match="no sample follows an edge"):
        reduce_run(record(T, T, drive))


@pytest.mark.parametrize("drift", [False, True])
def test_offset_and_drift_are_taken_out(*, drift: bool, cells: Any, record: Any) -> None:
    theta = {"R": 300.0, "G": 5e-4, "W": 0.3, "tau": 2e-3, "C": 1e-5}
    current = cells.debye(**theta).current(T, DRIVE) + 4e-7 + (3e-6 * T if drift else 0.0)
    current += 1e-12 * np.random.default_rng(1).standard_normal(len(T))
    found = fit(reduce_run(record(T, current, DRIVE), Nuisance(drift=drift)), CELL)
    assert found.theta == pytest.approx(list(theta.values())[1:], rel=1e-3)
    assert found.nuisance == pytest.approx([4e-7, 3e-6][: 1 + drift], rel=1e-3)


def test_kept_reduction_comes_back(noisy: Any) -> None:
    whole = reduce_run(noisy)
    arrays, attributes = whole.to_arrays()
    back = Reduction.from_arrays(arrays, attributes)
    assert back.drive == whole.drive
    assert fit(back, CELL).to_document() == fit(whole, CELL).to_document()
    with pytest.raises(FitError, match="reduce the run file again"):
        Reduction.from_arrays(arrays, attributes | {"version": 0})


def test_noise_is_told_from_second_differences(noisy: Any) -> None:
    # 2900 samples: the estimate scatters by 2 %.
    assert reduce_run(noisy).step_noise_A == pytest.approx(3e-9, rel=0.08)
