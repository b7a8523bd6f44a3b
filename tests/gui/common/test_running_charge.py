"""Charge of a run that grows, at any sample: trapezoids, as summed sample by sample."""

from __future__ import annotations

import numpy as np
import pytest

from gui.common.running_charge import RunningCharge


@pytest.mark.parametrize("indices", [[0, 64, 128, 960], [0, 1, 63, 64, 65, 777, 999], [999], []])
def test_the_charge_at_samples_of_any_place_is_that_of_trapezoids(indices: list[int]) -> None:
    t = np.cumsum(np.random.default_rng(1).uniform(0.5e-6, 1.5e-6, 1000))
    current = np.sin(1e4 * t) * 1e-6
    charge = RunningCharge(1000)
    for n in (1, 100, 1000):
        charge.grow(t[:n], current[:n])
    at = np.array(indices, dtype=np.int64)
    expected = np.array([np.trapezoid(current[: n + 1], t[: n + 1]) for n in indices])
    assert charge.at(at) == pytest.approx(expected, rel=1e-12, abs=1e-24)
