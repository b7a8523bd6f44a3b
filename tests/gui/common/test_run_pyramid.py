"""Is a time found where numpy finds it, and does what is drawn of very many samples show every spike?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gui.common.pyramid import BIN
from gui.common.run_pyramid import RunPyramid
from tests.properties import examples


def unaligned(values: np.ndarray) -> np.ndarray:
    """Return the same values at a place where no float64 begins, as in run files of earlier versions."""
    room = np.empty(values.nbytes + 3, np.uint8)
    moved = np.ndarray(values.shape, values.dtype, room, 3)
    moved[:] = values
    assert not moved.flags.aligned
    return moved


TIMES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "even": lambda _, n: (np.arange(n) + 0.5) * 1e-6,
    "logarithmic": lambda _, n: np.geomspace(1e-6, 1e3, n),
    "with a gap": lambda _, n: np.arange(n) + np.where(np.arange(n) > n // 3, 1e7, 0.0),
    "with equal ones": lambda rng, n: np.sort(rng.integers(0, 50, n)).astype(float),
    "all equal": lambda _, n: np.ones(n),
}


@pytest.mark.parametrize("kind", TIMES)
@settings(deadline=None, max_examples=examples(20))
@given(n=st.integers(1, 3000), seed=st.integers(0, 2**32 - 1))
def test_a_time_is_found_where_numpy_finds_it(kind: str, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    t = TIMES[kind](rng, n)
    pyramid = RunPyramid(n)
    pyramid.hold(unaligned(t), t, t)
    between = rng.uniform(t[0] - 1e-6, t[-1] + 1e-6, 50)
    wanted = np.sort(np.concatenate([between, rng.choice(t, 20), [-np.inf, np.inf]]))
    np.testing.assert_array_equal(pyramid.first_at(wanted), np.searchsorted(t, wanted))


@settings(deadline=None, max_examples=examples(20))
@given(st.integers(0, 2**32 - 1))
def test_long_ranges_begin_at_whole_bins_and_lose_no_sample(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bounds = np.cumsum(np.concatenate([[int(rng.integers(5))], rng.integers(1, 12 * BIN, size=100)]))
    drawn = RunPyramid(1).drawn_at(bounds)
    assert drawn[0] == bounds[0]
    assert drawn[-1] == bounds[-1]
    assert np.all(np.diff(drawn) > 0)
    assert np.all(np.abs(drawn - bounds) <= BIN // 2)
    lengths = np.diff(bounds)
    between_long = np.flatnonzero(np.minimum(lengths[:-1], lengths[1:]) >= 4 * BIN) + 1
    assert np.all(drawn[between_long] % BIN == 0)


def test_before_a_run_is_read_some_samples_of_each_range_are_shown_and_then_all() -> None:
    n = 300 * BIN
    t, voltage = np.arange(n, dtype=float), np.zeros(n)
    current = np.full(n, 2.0)
    current[5], current[10 * BIN + 7], current[-3] = 9.0, -9.0, 9.0
    pyramid = RunPyramid(n)
    pyramid.hold(t, voltage, current)
    bounds = np.arange(0, n + 1, 10 * BIN)
    assert pyramid.share == 0.0
    _, (lowest, highest) = pyramid.extremes(bounds)
    assert (lowest.min(), highest.max()) == (2.0, 2.0), "no spike among the samples that are looked at"
    for name, values in (("voltage", voltage), ("current", current)):
        pyramid.add(name, values[: 15 * BIN])
    assert pyramid.share == pytest.approx(15 / 300)
    _, (lowest, highest) = pyramid.extremes(bounds)
    assert highest[0] == 9.0
    assert (lowest[1], highest[-1]) == (2.0, 2.0), "of this range half is known"
    for name, values in (("voltage", voltage), ("current", current)):
        pyramid.add(name, values[15 * BIN :])
    assert pyramid.share == 1.0
    _, (lowest, highest) = pyramid.extremes(bounds)
    np.testing.assert_array_equal(lowest, current.reshape(-1, 10 * BIN).min(axis=1))
    np.testing.assert_array_equal(highest, current.reshape(-1, 10 * BIN).max(axis=1))
