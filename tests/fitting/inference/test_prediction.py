from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fitting import Nuisance, fit, overlay_times, predict
from protocols import PulseSequence

DRIVE = PulseSequence.pump_probe(0.02, 0.05, 0.03, before=0.01, after=0.1)
DT = 2e-5
T = (np.arange(9400) + 0.5) * DT
DEBYE = (300.0, 5e-4, 0.3, 2e-3, 1e-5)


@pytest.fixture
def run(cells: Any, record: Any) -> Any:
    current = cells.debye(*DEBYE).current(T, DRIVE, DT) + 1e-7
    current += 1e-10 * np.random.default_rng(1).standard_normal(len(T))
    return record(T, current, DRIVE, aperture_s=DT)


def test_fitted_current_is_that_of_the_cell(run: Any, cells: Any) -> None:
    found = fit(run, "R0-De1-C1")
    truth = cells.debye(*DEBYE).current(T, DRIVE, DT) + 1e-7
    assert predict(run, found) == pytest.approx(truth, abs=2e-11)
    times = overlay_times(run)
    assert predict(run, found, times) == pytest.approx(np.interp(times, T, truth), abs=2e-11)


def test_overlay_is_of_samples_and_dense_after_edges(run: Any) -> None:
    times = overlay_times(run)
    assert len(times) < 3000
    assert np.all(np.isin(times, T))
    assert np.all(np.diff(times) > 0.0)
    for edge in DRIVE.jumps()[0]:
        after = times[(times > edge) & (times < edge + 10.5 * DT)]
        assert len(after) >= 9


def test_measured_voltage_is_walked_and_read_between_samples(cells: Any, record: Any) -> None:
    t = np.arange(2000) * 1e-3
    v = np.where(t > 0.5, 0.02, 0.0)
    # The measured voltage rises over one interval: current of R and C by the ramp's integral.
    cell = cells.rc(1000.0, 3e-4)
    first = int(np.argmax(v > 0.0))
    start = t[first - 1]
    current = 0.02 / 1e-3 * (cell.step_integral(t - start) - cell.step_integral(t - start - 1e-3))
    run = record(t, current, None, voltage_V=v)
    found = fit(run, "R0-C1", terms=Nuisance(edges="ramp"))
    assert found.theta == pytest.approx([1000.0, 3e-4], rel=1e-3)
    assert found.to_document()["drive"] == "measured voltage"
    middle = 0.5 * (t[700] + t[701])
    assert predict(run, found, [middle]) == pytest.approx([0.5 * (current[700] + current[701])], rel=1e-3)
