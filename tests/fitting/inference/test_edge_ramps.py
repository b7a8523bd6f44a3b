"""A sampled voltage that goes straight from sample to sample, and one that jumps.

Currents are the closed form of a resistor before a Warburg element after a step, 1/R erfcx(sqrt(t) / a) with a = R Q,
and its integral a^2/R (erfcx(sqrt(t) / a) - 1 + 2 sqrt(t / pi) / a), which is the answer to a ramp of 1 V/s.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import erfcx

from fitting import FitResult, Nuisance, fit, predict
from fitting.results.remarks import RemarkKind
from tests.fitting.bounds import bounds

Floats = NDArray[np.float64]

DT, N, RESISTANCE, Q, NOISE_A = 1e-3, 6000, 1e3, 5e-5, 2e-9
T = np.arange(N, dtype=np.float64) * DT
CHANGES, LEVEL_V = (500, 1500, 2000, 3000), 0.02
VOLTS = np.repeat([0.0, LEVEL_V, 0.0, LEVEL_V, 0.0], np.diff([0, *CHANGES, N]))
TRUTH = {"R0": RESISTANCE, "CPE1.Q": Q, "CPE1.n": 0.5}


def stepped(t: Floats) -> Floats:
    late = np.maximum(t, 0.0)
    return np.asarray(np.where(t > 0.0, erfcx(np.sqrt(late) / (RESISTANCE * Q)) / RESISTANCE, 0.0))


def ramped(t: Floats) -> Floats:
    late, a = np.maximum(t, 0.0), RESISTANCE * Q
    return np.asarray(a**2 / RESISTANCE * (erfcx(np.sqrt(late) / a) - 1.0 + 2.0 * np.sqrt(late / np.pi) / a))


def current(*, straight: bool, lead_s: float = 0.5 * DT) -> Floats:
    """Answer to a voltage that changed all the way to each of `CHANGES`, or jumped so long before it."""
    total = np.zeros(N)
    for place, sign in zip(CHANGES, (1.0, -1.0, 1.0, -1.0), strict=True):
        since = T - T[place]
        change = (ramped(since + DT) - ramped(since)) / DT if straight else stepped(since + lead_s)
        total += sign * LEVEL_V * change
    return total


def noisy(record: Any, true_A: Floats) -> Any:
    return record(T, true_A + NOISE_A * np.random.default_rng(3).standard_normal(N), None, voltage_V=VOLTS)


def check_truth(result: FitResult) -> None:
    for one in result.estimates:
        low, high = bounds(one)
        assert low <= TRUTH[one.name] <= high
        assert high - low < 0.05 * TRUTH[one.name]


def test_lines_are_found_and_the_cell_with_them(record: Any) -> None:
    true_A = current(straight=True)
    run = noisy(record, true_A)
    result = fit(run, "R0-CPE1")
    assert [one.kind for one in result.remarks] == [RemarkKind.EDGE_RAMPS]
    assert result.terms.edges == "ramp"
    check_truth(result)
    assert predict(run, result) == pytest.approx(true_A, abs=3.0 * NOISE_A)


@pytest.mark.parametrize("lead", [0.02, 0.3, 0.5, 0.9])
def test_jumps_stay_jumps_wherever_between_two_samples_they_are(lead: float, record: Any) -> None:
    result = fit(noisy(record, current(straight=False, lead_s=lead * DT)), "R0-CPE1")
    assert [one.kind for one in result.remarks] == [RemarkKind.EDGE_LEAD]
    check_truth(result)


def test_jumps_that_somebody_has_stated_are_not_taken_for_lines(record: Any) -> None:
    result = fit(noisy(record, current(straight=True)), "R0-CPE1", terms=Nuisance(edges="step"))
    assert RemarkKind.EDGE_RAMPS not in {one.kind for one in result.remarks}
    assert any(one.kind.questions_model for one in result.remarks)


def test_a_wrong_circuit_is_no_reason_for_lines(record: Any) -> None:
    for straight in (True, False):
        result = fit(noisy(record, current(straight=straight)), "R0-C1")
        kinds = {one.kind for one in result.remarks}
        assert RemarkKind.EDGE_RAMPS not in kinds
        assert any(kind.questions_model for kind in kinds)
