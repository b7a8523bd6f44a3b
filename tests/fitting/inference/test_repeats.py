"""Equal pulses of one record: did the sample change from the first to the last? Currents are sums of exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fitting import diagnose_run, fit
from fitting.results.remarks import RemarkKind
from protocols import PulseSequence

DT, N, NOISE_A = 1e-3, 3000, 1e-8
T = (np.arange(N, dtype=np.float64) + 0.5) * DT
TRAIN = PulseSequence.train(0.02, 0.2, 0.5, count=5, before=0.1, after=0.3)
CELL = {"R": 300.0, "G": 5e-4, "W": 0.3, "tau": 30e-3, "C": 1e-4}


@pytest.fixture
def train(cells: Any, record: Any) -> Any:
    def make(gain: Any, *, sampled: bool = False) -> Any:
        current = cells.debye(**CELL).current(T, TRAIN) * gain
        noise = NOISE_A * np.random.default_rng(3).standard_normal(N)
        return record(T, current + noise, None if sampled else TRAIN, voltage_V=TRAIN.voltage_at(T))

    return make


def test_a_sample_that_ages_by_a_percent_a_second_is_told_with_its_interval(train: Any) -> None:
    # The last pulse comes 2.0 s after the first.
    change = diagnose_run(train(1.0 + 0.01 * T, sampled=True), "R0-De1-C1").change
    assert change is not None
    assert change.n_pulses == 5
    low, high = change.ci95
    assert low < 0.02 < high
    assert high - low < 0.005
    assert change.is_sure


def test_a_fit_that_leaves_more_than_noise_says_that_the_sample_changed(train: Any) -> None:
    result = fit(train(1.0 + 0.01 * T), "R0-De1-C1")
    remark = next(one for one in result.remarks if one.kind is RemarkKind.SAMPLE_CHANGED)
    assert remark.values["change"] == pytest.approx(2.0, abs=0.2)
    assert "the sample changed" in str(remark)


def test_a_steady_sample_is_not_said_to_have_changed(train: Any) -> None:
    diagnosis = diagnose_run(train(1.0), "R0-De1-C1")
    assert diagnosis.causes == ()
    assert diagnosis.change is not None
    low, high = diagnosis.change.ci95
    assert low < 0.0 < high
    assert high - low < 5e-3
    assert "5 equal pulses" in str(diagnosis)
    assert diagnosis.to_document()["change"]["n_pulses"] == 5


def test_without_equal_pulses_nothing_is_compared(cells: Any, record: Any) -> None:
    drive = PulseSequence.pump_probe(0.02, 0.5, 0.3, probe_width=0.2, before=0.1, after=1.0)
    current = cells.debye(**CELL).current(T, drive)
    run = record(T, current + NOISE_A * np.random.default_rng(4).standard_normal(N), drive)
    assert diagnose_run(run, "R0-De1-C1").change is None
