from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from pymittagleffler import mittag_leffler

from fitting import CellModel, reducer_for
from fitting.reduction.drive import ModeCursor, segments_of
from protocols import FitError, PulseSequence

DT = 1e-4
DEBYE = {"R": 300.0, "G": 5e-4, "W": 0.3, "tau": 2e-3, "C": 1e-5}
# Edges fall between samples.
DRIVES = {
    "pulse": PulseSequence.pulse(0.02, 0.0500033, before=0.0100071, after=0.2),
    "pump-probe": PulseSequence.pump_probe(0.02, 0.0500033, 0.0300007, before=0.01003, after=0.2),
    "PRBS": PulseSequence.prbs(0.01, 0.00100317, 7, before=0.01003, after=0.1),
}


def forward(circuit: str, theta: list[float], t: np.ndarray, drive: PulseSequence, **how: Any) -> Any:
    """Current of a model by modes, and which samples may be used."""
    reducer = reducer_for(t, drive, **how)
    mode_map = reducer.reduction().mode_map
    weights = mode_map.weights(CellModel(circuit).admittance(mode_map.s, np.array(theta)))
    rows, keep = ModeCursor(reducer.reduction().grid.rates, drive, DT, how.get("aperture_s", 0.0)).rows(t, t)
    return rows @ weights, keep


@pytest.mark.parametrize("name", DRIVES)
def test_debye_cell_answers_as_in_closed_form(name: str, cells: Any) -> None:
    drive = DRIVES[name]
    t = np.arange(0.0, drive.duration_s, DT)
    truth = cells.debye(**DEBYE).current(t, drive)
    found, keep = forward("R0-De1-C1", list(DEBYE.values()), t, drive)
    assert keep.mean() > 0.98
    assert np.abs(found - truth)[keep].max() < 1e-6 * np.abs(truth).max()


@pytest.mark.parametrize("name", DRIVES)
def test_resistor_and_constant_phase_element_answer_by_mittag_leffler(name: str) -> None:
    R, Q, n = 500.0, 2e-5, 0.8
    drive = DRIVES[name]
    t = np.arange(0.0, drive.duration_s, DT)
    truth = np.zeros(len(t))
    for edge, step in zip(*drive.jumps(), strict=True):
        late = t > edge
        truth[late] += step / R * np.real(mittag_leffler(-((t[late] - edge) ** n) / (R * Q), n, 1.0))
    found, keep = forward("R0-CPE1", [R, Q, n], t, drive)
    assert np.abs(found - truth)[keep].max() < 1e-6 * np.abs(truth).max()


def test_log_spaced_samples_are_as_right(cells: Any) -> None:
    drive = PulseSequence.pulse(0.02, 0.1, after=1.0)
    t = np.concatenate([np.geomspace(1e-6, 0.0999, 300), 0.1 + np.geomspace(1e-6, 0.9, 300)])
    truth = cells.debye(**DEBYE).current(t, drive)
    found, keep = forward("R0-De1-C1", list(DEBYE.values()), t, drive)
    assert keep.all()
    assert np.abs(found - truth).max() < 1e-6 * np.abs(truth).max()


def test_ramp_answers_as_its_integral(cells: Any) -> None:
    drive = PulseSequence.from_arrays([0.0, 0.01003, 0.04007], [0.0, 0.02, 0.0], 0.1, ramp=[False, True, True])
    t = np.arange(0.0, 0.0999, DT)
    cell = cells.debye(**DEBYE)
    up, down = 0.02 / (0.04007 - 0.01003), -0.02 / (0.1 - 0.04007)
    truth = up * cell.step_integral(t - 0.01003) + (down - up) * cell.step_integral(t - 0.04007)
    found, keep = forward("R0-De1-C1", list(DEBYE.values()), t, drive)
    assert keep.all()
    assert np.abs(found - truth).max() < 1e-6 * np.abs(truth).max()


@pytest.mark.parametrize("share", [0.4, 1.0])
def test_aperture_takes_the_exact_mean(share: float, cells: Any) -> None:
    drive, aperture = DRIVES["pump-probe"], share * DT
    t = np.arange(0.5 * DT, drive.duration_s - DT, DT)
    truth = cells.debye(**DEBYE).current(t, drive, aperture)
    found, keep = forward("R0-De1-C1", list(DEBYE.values()), t, drive, aperture_s=aperture)
    edges = drive.jumps()[0]
    inside = np.any(np.abs(t[:, None] - edges) < 0.5 * aperture * (1 - 1e-5), axis=1)
    assert np.array_equal(keep, ~inside)
    assert np.abs(found - truth)[keep].max() < 1e-6 * np.abs(truth).max()


def test_aperture_takes_the_exact_mean_of_a_ramp(cells: Any) -> None:
    drive = PulseSequence.from_arrays([0.0, 0.01], [0.0, 0.02], 0.05, ramp=[False, True])
    t = np.arange(0.5 * DT, 0.0499, DT)
    cell, slope = cells.debye(**DEBYE), 0.02 / 0.04
    after, before = (cell.step_integral_twice(t + sign * 0.25 * DT - 0.01) for sign in (1.0, -1.0))
    truth = slope * (after - before) / (0.5 * DT)
    found, _ = forward("R0-De1-C1", list(DEBYE.values()), t, drive, aperture_s=0.5 * DT)
    assert np.abs(found - truth).max() < 1e-6 * np.abs(truth).max()


def test_instrument_response_is_one_more_pole(cells: Any) -> None:
    drive = DRIVES["pump-probe"]
    t = np.arange(0.0, drive.duration_s, DT)
    truth = cells.debye(**DEBYE).seen_through(3e-5).current(t, drive)
    found, keep = forward("R0-De1-C1", list(DEBYE.values()), t, drive, response_s=(3e-5,))
    assert np.abs(found - truth)[keep].max() < 2e-6 * np.abs(truth).max()


def test_edge_that_rounding_puts_after_the_aperture_start_belongs_to_it(cells: Any) -> None:
    drive = PulseSequence.pulse(0.02, 0.3, before=0.05, after=0.2)
    t = (np.arange(5400) + 0.5) * DT  # every aperture starts where the last one ended, edges on the joints
    truth = cells.debye(**DEBYE).current(t, drive, DT)
    found, keep = forward("R0-De1-C1", list(DEBYE.values()), t, drive, aperture_s=DT)
    assert keep.all()
    assert np.abs(found - truth).max() < 1e-6 * np.abs(truth).max()


def test_sample_right_at_an_edge_is_not_used() -> None:
    drive = PulseSequence.pulse(0.02, 0.3, before=0.05, after=0.2)
    t = np.arange(5400, dtype=np.float64) * DT
    _, keep = ModeCursor(np.array([0.0, 10.0]), drive, DT).rows(t, t)
    assert np.flatnonzero(~keep).tolist() == [500, 3500]


SPACINGS = {
    "uneven": np.random.default_rng(1).uniform(0.5e-3, 1.5e-3, 400),
    "even": np.full(400, 1e-3),
    "with gaps and a burst": np.repeat([1e-3, 0.2, 1e-3, 5e-5, 1e-3, 0.03, 1e-3], [150, 1, 64, 90, 63, 1, 31]),
}


@pytest.mark.parametrize("spacing", SPACINGS)
def test_measured_voltage_moves_modes_as_its_ramps_do(spacing: str) -> None:
    t = np.cumsum(SPACINGS[spacing])
    v = 4.0 + 0.01 * np.cumsum(np.random.default_rng(2).standard_normal(400))
    rates = np.array([0.0, 3.0, 200.0, 1e5])
    rows, keep = ModeCursor(rates, None, 1e-3).rows(t, v)
    z, expected = np.zeros(4), np.zeros((400, 4))
    for n in range(1, 400):
        h, slope = t[n] - t[n - 1], (v[n] - v[n - 1]) / (t[n] - t[n - 1])
        grown = np.array([h, *((1.0 - np.exp(-rates[1:] * h)) / rates[1:])])
        z = z * np.exp(-rates * h) + slope * grown
        expected[n] = z
    assert keep.all()
    assert rows == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("aperture_s", [0.0, 0.4e-3])
@pytest.mark.parametrize("apart", [3, 64, 127, 129, 300])
def test_bends_and_jumps_act_from_their_time_on_wherever_they_lie_between_even_samples(
    apart: int, aperture_s: float
) -> None:
    rng = np.random.default_rng(apart)
    times = 1e-3 * apart * np.arange(12.0) + rng.choice([0.0, 0.0, 0.45e-3], 12) * (np.arange(12) > 0)
    levels = np.round(rng.uniform(-0.02, 0.02, 12), 4)
    drive = PulseSequence.from_arrays(times, levels, times[-1] + 0.5, ramp=rng.random(12) < 0.6)
    t = np.arange(0.5e-3, drive.duration_s, 1e-3) - 0.5e-3 * (aperture_s == 0.0)
    rates = np.array([0.0, 3.0, 200.0, 4e3])
    rows, keep = ModeCursor(rates, drive, 1e-3, aperture_s).rows(t, t)
    starts, jumps, slopes = segments_of(drive)
    expected = np.zeros((len(t), 4))
    # The mean over an aperture by the midpoint rule of 400 parts: the modes take at most 1.6 of their time in it.
    parts = (np.arange(400) + 0.5) / 400.0 - 0.5 if aperture_s else np.zeros(1)
    bends = np.diff(slopes, prepend=0.0)
    safe = np.where(rates > 0.0, rates, 1.0)
    for part in parts:
        late = np.maximum(t[:, None] + part * aperture_s - starts, 0.0)
        begun = late > 0.0 if aperture_s else t[:, None] >= starts - 1e-9
        for j, rate in enumerate(rates):
            grown = -np.expm1(-rate * late) / safe[j] if rate else late
            expected[:, j] += (begun * np.exp(-rate * late)) @ jumps + grown @ bends
    expected /= len(parts)
    assert keep.mean() > 0.6
    assert rows[keep] == pytest.approx(expected[keep], abs=1e-8 if aperture_s else 1e-12)


@pytest.mark.parametrize("measured", [False, True])
def test_chunks_do_not_matter(*, measured: bool) -> None:
    drive = DRIVES["PRBS"]
    t = np.arange(0.0, drive.duration_s, DT)
    v = np.sin(40.0 * t)
    rates = np.array([0.0, 3.0, 200.0, 1e5])
    whole, keep = ModeCursor(rates, None if measured else drive, DT).rows(t, v)
    cursor = ModeCursor(rates, None if measured else drive, DT)
    cuts = [0, 1, 2, 50, 51, 777, len(t)]
    parts = [cursor.rows(t[a:b], v[a:b]) for a, b in pairwise(cuts)]
    assert np.concatenate([rows for rows, _ in parts]) == pytest.approx(whole, abs=1e-12)
    assert np.array_equal(np.concatenate([kept for _, kept in parts]), keep)


def test_times_that_do_not_rise_are_refused() -> None:
    cursor = ModeCursor(np.array([0.0, 1.0]), None, 1.0)
    with pytest.raises(FitError, match="at 2 s does not come after"):
        cursor.rows(np.array([1.0, 3.0, 2.0]), np.zeros(3))
    cursor = ModeCursor(np.array([0.0, 1.0]), None, 1.0)
    cursor.rows(np.array([1.0, 3.0]), np.zeros(2))
    with pytest.raises(FitError, match="at 3 s"):
        cursor.rows(np.array([3.0]), np.zeros(1))


def test_falls_of_a_step_are_those_of_the_library() -> None:
    from fitting.transforms.loops import falls_of_step

    rates = np.concatenate([[0.0], np.geomspace(1e-14, 1e4, 2000)])
    times = np.concatenate([[0.0], 1.0 / rates[1:]])
    decay, grown = np.empty(len(rates)), np.empty(len(rates))
    falls_of_step(rates, times, 0.05, decay, grown)
    assert decay == pytest.approx(np.exp(-0.05 * rates), rel=1e-15, abs=1e-300)
    assert grown[0] == 0.05
    assert grown[1:] == pytest.approx(-np.expm1(-0.05 * rates[1:]) / rates[1:], rel=2e-15)
