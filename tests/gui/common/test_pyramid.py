"""Are the extremes of every range exact, whatever the ranges and however the record grew?"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.common.pyramid import BIN, FAN, MinMaxPyramid


@st.composite
def growths(draw: st.DrawFn) -> tuple[np.ndarray, list[int], np.ndarray]:
    n = draw(st.integers(1, 12_000))
    values = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).normal(size=n)
    values[draw(st.lists(st.integers(0, n - 1), max_size=20))] = np.nan
    steps = sorted({*draw(st.lists(st.integers(0, n), max_size=6)), n})
    bounds = np.array(sorted(draw(st.lists(st.integers(0, n), min_size=2, max_size=40))))
    return values, steps, bounds


@given(growths())
def test_extremes_are_those_of_brute_force(case: tuple[np.ndarray, list[int], np.ndarray]) -> None:
    values, steps, bounds = case
    pyramid = MinMaxPyramid(len(values))
    for end in steps:
        pyramid.grow(values[:end])
    lowest, highest = pyramid.extremes(bounds)
    for k, (start, stop) in enumerate(pairwise(bounds)):
        numbers = values[start:stop][~np.isnan(values[start:stop])]
        if numbers.size:
            assert lowest[k] == numbers.min()
            assert highest[k] == numbers.max()
        else:
            assert np.isnan(lowest[k])
            assert np.isnan(highest[k])


def test_what_is_read_piece_by_piece_is_what_is_read_at_once() -> None:
    values = np.random.default_rng(7).normal(size=40 * BIN * FAN + 77)
    values[: 3 * BIN] = np.nan
    whole, pieces = MinMaxPyramid(len(values)), MinMaxPyramid(len(values))
    whole.grow(values)
    pieces.hold(values)
    rng = np.random.default_rng(8)
    while pieces.n_binned + BIN <= len(values):
        pieces.add(values[pieces.n_binned :][: int(rng.integers(1, 9 * BIN))])
    bounds = np.sort(rng.integers(0, len(values) + 1, size=400))
    for one, other in zip(whole.extremes(bounds), pieces.extremes(bounds), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("n", [1, 15, 16, 17, 255, 256, 257, 4096, 100_003])
def test_whole_record_in_one_range(n: int) -> None:
    values = np.random.default_rng(n).normal(size=n)
    pyramid = MinMaxPyramid(n)
    pyramid.grow(values)
    lowest, highest = pyramid.extremes(np.array([0, n]))
    assert (lowest[0], highest[0]) == (values.min(), values.max())


def test_a_record_that_is_still_empty_has_no_extremes() -> None:
    pyramid = MinMaxPyramid(1000)
    pyramid.grow(np.empty(0))
    lowest, highest = pyramid.extremes(np.array([0, 0]))
    assert np.isnan(lowest).all()
    assert np.isnan(highest).all()
