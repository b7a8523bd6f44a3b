"""A smooth baseline beside the cell: columns, strength, and what it takes of the cell.

Currents are the closed form of a resistor before a Warburg element, 1/R erfcx(sqrt(t) / (R Q)).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.interpolate import BSpline
from scipy.special import erfcx

from fitting import Nuisance, fit, predict, reduce_run
from fitting.reduction.baseline import N_COLUMNS, SPANS, baseline_columns
from fitting.results.remarks import RemarkKind
from protocols import FitError, PulseSequence

Floats = NDArray[np.float64]

DT, N, RESISTANCE, Q, NOISE_A = 1e-3, 3000, 1e3, 5e-5, 2e-9
T = (np.arange(N, dtype=np.float64) + 0.5) * DT
TRUTH = {"R0": RESISTANCE, "CPE1.Q": Q, "CPE1.n": 0.5}
DRIVE = PulseSequence.from_arrays([0.0, 0.5, 0.7, 1.5, 1.7], [0.0, 0.02, 0.0, 0.02, 0.0], 10.0)
SMOOTH = Nuisance(baseline="smooth")


def warburg(t: Floats) -> Floats:
    total = np.zeros(len(t))
    for edge, step in zip(*DRIVE.jumps(), strict=True):
        late = t > edge
        total[late] += step / RESISTANCE * erfcx(np.sqrt(t[late] - edge) / (RESISTANCE * Q))
    return total


def noise(seed: int) -> Floats:
    return NOISE_A * np.random.default_rng(seed).standard_normal(N)


def test_columns_are_cubic_splines_in_the_root_of_time() -> None:
    """Together with a constant they span all splines of their knots, as scipy has them."""
    root = np.linspace(0.0, 1.0, 400)
    knots = np.arange(-3, SPANS + 4) / SPANS
    all_splines = np.asarray(BSpline.design_matrix(root, knots, 3).todense())
    mine = np.column_stack([np.ones(400), baseline_columns(4.0 * root**2, (0.0, 4.0))])
    assert mine.shape[1] == all_splines.shape[1] == N_COLUMNS + 1
    found = np.linalg.lstsq(mine, all_splines, rcond=None)[0]
    np.testing.assert_allclose(mine @ found, all_splines, atol=1e-10)


def test_a_baseline_is_found_and_the_cell_beside_it(record: Any) -> None:
    drift = 3e-7 * np.sqrt(T / T[-1]) + 1e-7 * np.sin(2.0 * T)
    run = record(T, warburg(T) + drift + noise(5), DRIVE)
    result = fit(run, "R0-CPE1", terms=SMOOTH)
    for one in result.estimates:
        low, high = one.ci95
        assert low is not None
        assert high is not None
        assert low <= TRUTH[one.name] <= high
    assert result.interval_inflation == 1.0
    assert result.noise_A == pytest.approx(NOISE_A, rel=0.05)
    remark = next(one for one in result.remarks if one.kind is RemarkKind.BASELINE)
    assert remark.values["size_A"] == pytest.approx(np.ptp(drift), rel=0.2)
    assert float(remark.values["wider"]) > 1.5
    assert np.std(predict(run, result) - warburg(T) - drift) < 0.5 * NOISE_A


def test_where_there_is_no_baseline_it_costs_little(record: Any) -> None:
    run = record(T, warburg(T) + noise(6), DRIVE)
    plain, smooth = fit(run, "R0-CPE1"), fit(run, "R0-CPE1", terms=SMOOTH)
    for one, other in zip(plain.estimates, smooth.estimates, strict=True):
        widths = [np.diff(np.array(each.ci95, dtype=np.float64))[0] for each in (one, other)]
        assert widths[0] < 1.001 * widths[1] < 2.5 * widths[0]
    remark = next(one for one in smooth.remarks if one.kind is RemarkKind.BASELINE)
    assert float(remark.values["size_A"]) < 2.0 * NOISE_A


def test_it_is_kept_with_its_span(record: Any) -> None:
    reduction = reduce_run(record(T, warburg(T) + noise(7), DRIVE), SMOOTH)
    again = type(reduction).from_arrays(*reduction.to_arrays())
    assert again.terms == reduction.terms == SMOOTH.spanning(T)
    assert reduction.n_nuisance == 2 + N_COLUMNS
    with pytest.raises(FitError, match="a baseline is 'smooth'"):
        Nuisance(baseline="rough")
