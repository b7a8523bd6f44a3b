"""Are folds, charges and marks of a run what the samples say?"""

from __future__ import annotations

import numpy as np
import pytest

from drivers import Status
from gui.common.folding import Fold
from gui.common.quantities import Quantity
from gui.common.run_marks import MarkKind
from gui.common.trace_view import LATEST_EDGE, View
from protocols import PulseSequence
from tests.gui.memory_record import DT_S, Record, traces_of

PERIOD, PULSES, BEFORE = 2_000, 5, 1_000  # in samples
TRAIN = PulseSequence.train(0.01, 800 * DT_S, PERIOD * DT_S, PULSES, before=BEFORE * DT_S, after=BEFORE * DT_S)
N_TRAIN = 2 * BEFORE + PULSES * PERIOD
PAIR = PulseSequence.pump_probe(0.02, 3_000 * DT_S, 1_000 * DT_S, before=1_000 * DT_S, after=5_000 * DT_S)


def noise(n: int) -> np.ndarray:
    return np.random.default_rng(2).normal(size=n)


def test_a_train_that_grows_is_folded_as_numpy_folds_the_whole() -> None:
    record = Record(noise(N_TRAIN), TRAIN)
    record.current[BEFORE + 7] = np.nan  # an overload in the first pulse
    traces = traces_of(record)
    view = View(fold=Fold.PULSES, n_ranges=PERIOD)
    for record.grown_to in (10, 1_500, 6_000, N_TRAIN):
        traces.refresh()
        shown = traces.traces(view)
    pulses = record.current[BEFORE : BEFORE + PULSES * PERIOD].reshape(PULSES, PERIOD)
    assert shown.n_pulses == PULSES
    assert shown.time_s == pytest.approx((np.arange(PERIOD) + 0.5) * DT_S)
    assert shown.current_A == pytest.approx(np.nanmean(pulses, axis=0))
    assert shown.voltage_V == pytest.approx(np.repeat([0.01, 0.0], [800, 1200]))
    lowest, highest = shown.spread[Quantity.CURRENT]
    assert np.array_equal(lowest, np.nanmin(pulses, axis=0))
    assert np.array_equal(highest, np.nanmax(pulses, axis=0))
    inside = traces.traces(View(fold=Fold.PULSES, window_s=(100 * DT_S, 500 * DT_S), n_ranges=50))
    assert inside.current_A == pytest.approx(np.nanmean(pulses, axis=0)[100:500].reshape(100, 4).mean(axis=1))


def test_pump_minus_probe_is_the_difference_of_the_two_responses() -> None:
    record = Record(noise(13_000), PAIR, grown_to=13_000)
    traces = traces_of(record)
    traces.refresh()
    shown = traces.traces(View(fold=Fold.PUMP_PROBE, n_ranges=4_000))
    # From each onset on, as long as the pump has it to itself: pump and wait.
    assert shown.current_A == pytest.approx(record.current[1_000:5_000] - record.current[5_000:9_000])
    assert not shown.spread


def test_what_cannot_be_folded_says_why() -> None:
    record = Record(noise(1_000), grown_to=1_000)
    traces = traces_of(record)
    traces.refresh()
    for fold in Fold:
        shown = traces.traces(View(fold=fold))
        assert "at least two pulses" in shown.problem
        assert not len(shown.time_s)


def test_the_charge_is_the_integral_of_the_current_in_every_view() -> None:
    n = 50_000
    record = Record(np.cos(np.arange(n) * 1e-3), grown_to=n)
    record.current[20_000] = np.nan
    traces = traces_of(record)
    traces.refresh()
    areas = 0.5 * (np.nan_to_num(record.current[1:]) + np.nan_to_num(record.current[:-1])) * DT_S
    charge = np.concatenate([[0.0], np.cumsum(areas)])
    extras = frozenset({Quantity.CHARGE})
    whole = traces.traces(View(extras=extras))
    assert whole.curve(Quantity.CHARGE)[1] == pytest.approx(np.interp(whole.time_s, record.all_t, charge), abs=5e-4)
    assert whole.charge_C[0] == 0.0
    assert whole.charge_C[-1] == pytest.approx(charge[-1], rel=1e-9)
    near = traces.traces(View(window_s=(0.3, 0.31), extras=extras))
    assert near.charge_C == pytest.approx(charge[30_000:31_000], rel=1e-9)


def test_time_since_an_edge_can_be_zoomed_and_the_newest_seconds_followed() -> None:
    record = Record(noise(100_000), grown_to=60_000)
    traces = traces_of(record)
    traces.refresh()
    decade = traces.traces(View(edge=LATEST_EDGE, window_s=(1e-3, 1e-2)))
    assert np.array_equal(decade.current_A, record.current[35_100:36_000])
    latest = traces.traces(View(latest_s=0.01))
    assert latest.time_s[[0, -1]] == pytest.approx(record.all_t[[58_999, 59_999]])


def test_events_and_flagged_samples_are_marked_where_they_happened() -> None:
    record = Record(noise(10_000))
    record.all_status[[100, 101, 5_000]] = Status.OVERLOAD
    record.all_status[7_000] = Status.GAP | Status.EDGE
    start = {"host_ns": 5, "monotonic_ns": 10**9, "kind": "start", "message": ""}
    record.events = [start, {"host_ns": 6, "monotonic_ns": 10**9 + 20_000_000, "kind": "clock", "message": "jumped"}]
    traces = traces_of(record)
    for record.grown_to in (101, 10_000):
        traces.refresh()
        marks = traces.traces(View()).marks
    assert [mark.kind for mark in marks] == [MarkKind.EVENT, MarkKind.LIMIT, MarkKind.LIMIT, MarkKind.LOST]
    assert [mark.time_s for mark in marks] == pytest.approx([0.02, *record.all_t[[100, 5_000, 7_000]]])
    assert "jumped" in marks[0].text
