"""Does what is drawn show every spike, on both time axes?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gui.common.trace_view import LATEST_EDGE, N_RANGES, View
from gui.common.traces import waveform
from protocols import PulseSequence
from tests.gui.memory_record import DT_S, Record, traces_of
from tests.properties import examples


def test_samples_that_are_not_safe_yet_are_drawn_and_told_apart() -> None:
    record = Record(np.arange(1000.0), grown_to=500, n_acknowledged=300)
    traces = traces_of(record)
    assert traces.refresh()
    shown = traces.traces(View())
    assert (shown.n_samples, shown.n_acknowledged, shown.last_A) == (500, 300, 499.0)
    assert not traces.refresh()
    record.n_acknowledged = 500
    assert traces.refresh(), "that they are safe now is news"
    assert traces.traces(View()).n_acknowledged == 500


@settings(deadline=None, max_examples=examples(30))
@given(st.integers(0, 99_999), st.sampled_from([None, 0, 1, LATEST_EDGE]))
def test_a_spike_of_one_sample_is_drawn_wherever_it_falls(spike: int, edge: int | None) -> None:
    record = Record(np.zeros(100_000), grown_to=100_000)
    record.current[spike] = 1e-6
    traces = traces_of(record)
    traces.refresh()
    shown = traces.traces(View(edge))
    first, last = {None: (0, 100_000), 0: (5_000, 35_000), 1: (35_000, 100_000), LATEST_EDGE: (35_000, 100_000)}[edge]
    assert (np.nanmax(shown.current_A) == 1e-6) == (first <= spike < last)
    assert len(shown.time_s) <= 2 * N_RANGES


def test_curves_of_a_growing_run_are_copies() -> None:
    record = Record(np.random.default_rng(0).normal(size=100_000), grown_to=1500)
    traces = traces_of(record)
    traces.refresh()
    shown = traces.traces(View())
    kept = shown.current_A.copy()
    record.current[:] = 7.0
    assert np.array_equal(shown.current_A, kept)


def test_growth_is_seen_and_nothing_new_is_said_to_be_nothing() -> None:
    record = Record(np.arange(100_000.0))
    traces = traces_of(record)
    assert not traces.refresh()
    assert traces.traces(View()).n_samples == 0
    for end in (10, 5_000, 99_999, 100_000):
        record.grown_to = end
        assert traces.refresh()
        shown = traces.traces(View())
        assert shown.n_samples == end
        assert shown.current_A.max() == shown.last_A == end - 1
    assert not traces.refresh()


def test_log_axis_keeps_the_first_decades_sample_by_sample() -> None:
    record = Record(np.zeros(100_000), grown_to=100_000)
    traces = traces_of(record)
    traces.refresh()
    shown = traces.traces(View(edge=0))
    # The edge is at 50 ms; ten samples, 5 us to 95 us after it.
    assert shown.time_s[:10] == pytest.approx((np.arange(10) + 0.5) * DT_S)
    assert shown.origin_s == pytest.approx(0.05)


def test_zooming_in_shows_the_samples_themselves() -> None:
    record = Record(np.random.default_rng(1).normal(size=100_000), grown_to=100_000)
    traces = traces_of(record)
    traces.refresh()
    shown = traces.traces(View(window_s=(0.1, 0.11)))
    assert np.array_equal(shown.current_A, record.current[10_000:11_000])


def test_waveform_of_a_few_edges_is_exact() -> None:
    time, level = waveform(PulseSequence.pulse("10 mV", "1 s", before="1 s", after="1 s"))
    assert time.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert level.tolist() == [0, 0, 0, 0.01, 0.01, 0, 0, 0]


def test_waveform_of_very_many_edges_is_thinned_and_keeps_its_extremes() -> None:
    time, level = waveform(PulseSequence.train("10 mV", "1 ms", "2 ms", 50_000))
    assert len(time) <= 4 * N_RANGES
    assert (level.min(), level.max()) == (0.0, 0.01)
