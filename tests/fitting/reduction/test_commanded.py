"""Edges of a protocol under a record that somebody else took: is it known when the protocol began?

Currents are sums of exponentials by the partial fractions of the cell itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fitting import Nuisance, commanded, fit
from protocols import FitError, PulseSequence

Floats = NDArray[np.float64]

DT, N, BEGAN_S = 1e-3, 1500, 0.1234
T = np.arange(N, dtype=np.float64) * DT
DRIVE = PulseSequence.pump_probe(0.02, 0.3, 0.2, probe_width=0.2, before=0.05, after=0.5)
TRUTH = {"R0": 100.0, "R1": 900.0, "C1": 1e-4}


def current(t: Floats) -> Floats:
    """100 ohm before 900 ohm beside 100 uF: 1/1000 S that stays, and the rest by 9 ms."""
    total = np.zeros(len(t))
    for edge, step in zip(*DRIVE.jumps(), strict=True):
        since = t - edge
        total += np.where(since > 0.0, step * (1e-3 + 9e-3 * np.exp(-np.maximum(since, 0.0) / 9e-3)), 0.0)
    return total


@pytest.fixture
def run(record: Any) -> Any:
    noise = 1e-8 * np.random.default_rng(2).standard_normal(N)
    return record(T, current(T - BEGAN_S) + noise, None, voltage_V=DRIVE.voltage_at(T - BEGAN_S))


@pytest.mark.parametrize("has_voltage", [True, False])
def test_a_record_is_aligned_and_the_fit_finds_when_the_protocol_began(run: Any, has_voltage: bool) -> None:
    if not has_voltage:
        run.voltage_V = np.full(N, np.nan)
    record = commanded(run, DRIVE)
    assert record.offset_s == pytest.approx(BEGAN_S, abs=DT)
    result = fit(record, "R0-p(R1,C1)", terms=Nuisance(delay_s=record.offset_s, fitted=("delay",)))
    low, high = result["delay"].ci95
    assert low is not None
    assert high is not None
    assert low <= BEGAN_S <= high
    # To a sample: what a part of one does to one exponential, a larger resistance does as well.
    assert high - low < 1.1 * DT
    for one in result.estimates:
        low, high = one.ci95
        assert low is not None
        assert high is not None
        assert low <= TRUTH[one.name] <= high
    assert not result.drive_is_measured


def test_another_protocol_is_refused(run: Any) -> None:
    with pytest.raises(FitError, match="does not follow the protocol"):
        commanded(run, DRIVE.stretched(1.3))
    run.voltage_V, run.current_A = np.zeros(N), np.zeros(N)
    with pytest.raises(FitError, match="neither its voltage nor its current jumps"):
        commanded(run, DRIVE)
