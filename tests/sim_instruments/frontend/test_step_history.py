"""Is the condensed sum over many steps the plain one, at a cost that does not grow with their number?"""

from __future__ import annotations

import numpy as np
import pytest

from sim_instruments.frontend.response import Drive, UnitReading
from sim_instruments.frontend.step_history import StepHistory
from sim_instruments.sample.cell import load_cell


def _history(steps: int, seed: int = 3) -> StepHistory:
    """Return steps at uneven times: some close together, with pauses of up to a hundred times as long."""
    rng = np.random.default_rng(seed)
    history = StepHistory(0.1)
    for t, step in zip(np.cumsum(10.0 ** rng.uniform(-4, -2, steps)), rng.normal(size=steps), strict=True):
        history.add(float(t), float(step))
    return history


@pytest.mark.parametrize("steps", [0, 1, 31, 32, 33, 100, 1000, 4097])
def test_response_is_the_plain_sum(steps: int) -> None:
    history = _history(steps)
    last = history.times_s[-1] if steps else 0.0
    for after in (1e-6, 1e-3, 1.0, 1e3):
        t = last + after + np.linspace(0.0, 0.3 * after, 5)
        lags = t - history.times_s[:, None]
        expected = history.steps_V @ lags**-0.6
        got = history.response(lambda lag: np.maximum(lag, 1e-12) ** -0.6, t, steps)
        assert np.abs(got - expected).max() <= 1e-12 * (np.abs(history.steps_V) @ lags**-0.6).max(initial=0.0)


def test_a_hundred_times_as_many_steps_do_not_cost_twice_the_responses() -> None:
    def responses(steps: int) -> int:
        history, asked = _history(steps), 0

        def of_step(lag: np.ndarray) -> np.ndarray:
            nonlocal asked
            asked += lag.size
            return np.zeros(lag.shape)

        history.response(of_step, history.times_s[-1:] + 1e-4, steps)
        return asked

    few, many = responses(500), responses(50_000)
    assert many < 2 * 500
    assert many < 50_000 / 50
    assert few <= 500


def test_level_is_the_sum_of_the_steps_so_far() -> None:
    history = _history(200)
    between = np.concatenate([[0.0], history.times_s + 1e-9])
    np.testing.assert_allclose(
        history.level_at(between), [0.1 + history.steps_V[:k].sum() for k in range(201)], rtol=0, atol=1e-12
    )


def test_readings_among_many_recent_steps_are_the_plain_sum_however_they_are_cut() -> None:
    drive = Drive(load_cell("demo"), 1e-5)
    drive.connect(0.0, 0.0)
    rng = np.random.default_rng(8)
    for k in range(900):
        drive.set_level(1e-3 * (k + 1), float(rng.normal()))
    history = drive.spans[0].history
    unit = UnitReading(load_cell("demo"), 1e-5, 1e-4)
    t = np.arange(100) * 0.0097
    responses = history.steps_V[:, None] * unit(t - history.times_s[:, None])
    expected = responses.sum(axis=0)
    whole = drive.readings(0.0, 0.0097, 0, 100, 1e-4)
    assert np.abs(whole - expected).max() < 1e-7 * np.abs(responses).sum(axis=0).max()
    parts = [drive.readings(0.0, 0.0097, first, 1, 1e-4) for first in range(100)]
    assert np.array_equal(np.concatenate(parts), whole)
