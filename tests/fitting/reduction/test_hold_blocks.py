from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fitting.reduction.reducer
from fitting import CellModel, Nuisance, Reduction, fit, reduce_run
from protocols import PulseSequence

N, DT = 60_000, 1e-5
DRIVE = PulseSequence.pump_probe(0.02, 0.05003, 0.10001, before=0.01, after=0.3)
CELL = CellModel("R0-De1-C1", {"R0": 300.0})


def both_ways(run: Any, monkeypatch: pytest.MonkeyPatch, *, drift: bool = False) -> tuple[Reduction, Reduction, int]:
    """The reduction as it is, one that walked every sample, and how many samples the first did not walk."""
    taken = []
    take = fitting.reduction.reducer.Reducer.take_hold

    def counted(*args: Any) -> int:
        taken.append(take(*args))
        return taken[-1]

    monkeypatch.setattr(fitting.reduction.reducer.Reducer, "take_hold", counted)
    quick = reduce_run(run, Nuisance(drift=drift))
    monkeypatch.setattr(fitting.reduction.reducer.Reducer, "take_hold", lambda *_: 0)
    return quick, reduce_run(run, Nuisance(drift=drift)), sum(taken)


@pytest.mark.parametrize("drift", [False, True])
@pytest.mark.parametrize("aperture_s", [0.0, DT])
def test_holds_taken_whole_give_the_same_fit(
    *, drift: bool, aperture_s: float, cells: Any, record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    t = (np.arange(N) + 0.5) * DT
    current = cells.debye(300.0, 5e-4, 0.3, 2e-3, 1e-5).current(t, DRIVE, aperture_s)
    noise = 3e-9 * np.random.default_rng(3).standard_normal(N)
    quick, walked, n = both_ways(
        record(t, current + noise + 1e-7, DRIVE, aperture_s=aperture_s), monkeypatch, drift=drift
    )
    assert n > 0.4 * N
    assert (quick.n_samples, quick.n_excluded, quick.n_bends) == (walked.n_samples, walked.n_excluded, walked.n_bends)
    size = np.linalg.norm(walked.factor, axis=0)
    off = quick.factor.T @ quick.factor - walked.factor.T @ walked.factor
    assert np.all(np.abs(off) <= 1e-11 * np.outer(size, size))
    one, two = fit(quick, CELL), fit(walked, CELL)
    assert one.theta == pytest.approx(two.theta, rel=1e-9)
    assert one.rms_residual_A == pytest.approx(two.rms_residual_A, rel=1e-9)


def test_flags_and_uneven_times_send_a_block_the_general_way(
    cells: Any, record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    t = (np.arange(N) + 0.5) * DT
    t[50_000:] += 0.3 * DT
    current = cells.debye(300.0, 5e-4, 0.3, 2e-3, 1e-5).current(t, DRIVE)
    current += 3e-9 * np.random.default_rng(4).standard_normal(N)
    flags = np.zeros(N, np.uint8)
    current[30_000], flags[30_000] = 9.9e37, 2
    current[30_001] = np.nan
    quick, walked, n = both_ways(record(t, current, DRIVE, status=flags), monkeypatch)
    assert 0 < n < N
    assert quick.n_excluded == walked.n_excluded >= 2
    one, two = fit(quick, CELL), fit(walked, CELL)
    assert one.theta == pytest.approx(two.theta, rel=1e-9)
    assert one.theta == pytest.approx([5e-4, 0.3, 2e-3, 1e-5], rel=1e-3)
