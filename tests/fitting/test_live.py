from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from fitting import CellModel, LiveFit, fit, reduce_run, refit
from fitting.live_process import document_of
from protocols import FitError, PulseSequence

N, DT = 30_000, 1e-5
T = (np.arange(N) + 0.5) * DT
DRIVE = PulseSequence.pump_probe(0.02, 0.05003, 0.03001, before=0.01, after=0.2)
CELL = CellModel("R0-De1-C1", {"R0": 300.0})
THETA = [5e-4, 0.3, 2e-3, 1e-5]


@dataclass(eq=False)
class Growing:
    """A run of which only the beginning is there, and which counts what is read of it."""

    whole: Any
    there: int = 0
    n_samples: int = 0
    n_read: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    n_planned = N

    def refresh(self) -> int:
        self.n_samples = self.there
        return self.there

    @property
    def t_s(self) -> np.ndarray:
        found: np.ndarray = self.whole.t_s[: self.n_samples]
        return found

    @property
    def voltage_V(self) -> np.ndarray:
        found: np.ndarray = self.whole.voltage_V[: self.n_samples]
        return found

    @property
    def status(self) -> np.ndarray:
        found: np.ndarray = self.whole.status[: self.n_samples]
        return found

    @property
    def current_A(self) -> np.ndarray:
        run = self

        class Counted:
            def __getitem__(self, here: slice) -> np.ndarray:
                found: np.ndarray = run.whole.current_A[: run.n_samples][here]
                run.n_read += len(found)
                return found

        return Counted()  # type: ignore[return-value]


@pytest.fixture
def growing(cells: Any, record: Any) -> Growing:
    current = cells.debye(300.0, *THETA).current(T, DRIVE)
    return Growing(record(T, current + 3e-9 * np.random.default_rng(3).standard_normal(N), DRIVE))


def test_live_fit_ends_where_the_fit_of_the_whole_run_does(growing: Growing) -> None:
    live, found = LiveFit(growing, CELL), []
    for growing.there in [0, 500, 1000, *range(1100, N, 1700), N]:
        found.append(live.update())
    assert found[:3] == [None, None, None]  # before the first edge, at 10 ms, there is nothing to fit
    assert growing.n_read == N
    whole = fit(reduce_run(growing.whole), CELL)
    assert found[-1] is not None
    assert found[-1].n_samples == whole.n_samples
    deviations = np.sqrt(np.diag(whole.covariance)) * np.array(THETA)
    assert np.all(np.abs(found[-1].theta - whole.theta) < 1e-2 * deviations)
    assert live.result().theta == pytest.approx(whole.theta, rel=1e-6)


def test_truth_lies_within_four_live_deviations(growing: Growing) -> None:
    live = LiveFit(growing, CELL)
    for growing.there in (N // 2, N):
        estimate = live.update()
        assert estimate is not None
        assert np.all(np.abs(estimate.theta - THETA) < 4.0 * estimate.deviations)
        assert estimate.rms_residual_A == pytest.approx(3e-9, rel=0.03)


def test_a_line_of_the_live_process_has_the_truth_within_its_intervals_and_its_band(growing: Growing) -> None:
    live = LiveFit(growing, CELL)
    growing.there = N
    estimate = live.update()
    assert estimate is not None
    document = json.loads(json.dumps(document_of(estimate, float(T[-1]), over=True)))
    assert document["over"] is True
    for parameter, truth in zip(document["parameters"], THETA, strict=True):
        low, high, width = parameter["low"], parameter["high"], parameter["half_width"]
        # Twice as far as the ends, on the logarithm for what is positive: four deviations.
        assert low - (high - low) / 2 < truth < high + (high - low) / 2, parameter["name"]
        assert width == pytest.approx((high - low) / (2 * parameter["value"]), rel=0.1)
    t, W, lowest, highest = (np.array(document["band"][name]) for name in ("t_s", "W", "lowest", "highest"))
    _, w_inf, tau, _ = THETA
    exact = w_inf + (1.0 - w_inf) * np.exp(-t / tau)  # Debye: W(t) in closed form
    assert np.all((lowest <= W) & (highest >= W))
    assert np.abs(W - exact).max() < 2e-3
    assert np.all((exact - W) < 2.0 * (highest - W) + 1e-5)
    assert np.all((W - exact) < 2.0 * (W - lowest) + 1e-5)


def test_refit_finds_the_fit_again_from_nearby(growing: Growing) -> None:
    reduction = reduce_run(growing.whole)
    whole = fit(reduction, CELL)
    again = refit(reduction, CELL, 1.2 * whole.theta)
    assert again.theta == pytest.approx(whole.theta, rel=1e-6)


def test_reduction_of_nothing_is_refused(growing: Growing) -> None:
    with pytest.raises(FitError, match="no samples yet"):
        LiveFit(growing, CELL).reduction()
