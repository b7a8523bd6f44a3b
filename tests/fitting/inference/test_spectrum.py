from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from fitting import SpectrumResult, fit_spectrum, predict, spectrum_band
from fitting.reduction.sampled_edges import sampled_edges
from protocols import FitError, PulseSequence
from sim_instruments.sample.relaxation import constant, debye
from sim_instruments.sample.volterra import step_current


def test_two_branches_are_two_peaks_with_their_capacitances(record: Any) -> None:
    drive = PulseSequence.pulse(0.02, 1.0, before=0.1, after=2.0)
    t = np.arange(0.0, 3.0, 1e-3) + 2e-4
    current = 1e-9 * np.random.default_rng(1).standard_normal(len(t))
    for R, C in ((1000.0, 1e-5), (2000.0, 2e-4)):
        for edge, step in zip(*drive.jumps(), strict=True):
            current += np.where(t >= edge, step / R * np.exp(-np.maximum(t - edge, 0.0) / (R * C)), 0.0)
    found = fit_spectrum(record(t, current, drive))
    assert isinstance(found, SpectrumResult)
    big = sorted((p for p in found.peaks if p.seen and p.conductance_S > 1e-5), key=lambda p: p.relaxation_time_s)
    assert [p.relaxation_time_s for p in big] == pytest.approx([0.01, 0.4], rel=0.05)
    assert [p.conductance_S for p in big] == pytest.approx([1e-3, 5e-4], rel=0.05)
    assert [p.capacitance_F for p in big] == pytest.approx([1e-5, 2e-4], rel=0.1)
    # 0.4 s lies between two rates of the grid: two non-negative neighbours come to within 1 % of one exponential.
    assert found.rms_residual_A < 0.01 * found.rms_current_A
    assert found.conductance(np.array([0.05])) == pytest.approx(1e-3 * np.exp(-5.0) + 5e-4 * np.exp(-0.125), rel=1e-2)


def test_measured_titration_is_explained_to_two_percent(measured_data: Path, record: Any) -> None:
    columns = np.loadtxt(measured_data / "zahner_pitt" / "PITT.txt", delimiter=";", skiprows=1)
    t, v, i = (np.ascontiguousarray(column) for column in columns.T)
    run = record(t, i, None, voltage_V=v)
    found = fit_spectrum(run)
    assert isinstance(found, SpectrumResult)
    assert np.all(found.weights >= 0.0)
    assert found.rms_residual_A < 0.02 * np.sqrt(np.mean(i**2))
    # Said by the reduction, and by a walk over all samples but those that averaged over a jump. The reduction counts
    # what is likely of the time before the record, too.
    edges = sampled_edges(t, v)
    assert edges is not None
    kept = ~np.isin(t, edges.partial_s)
    assert np.sqrt(np.mean((i - predict(run, found))[kept] ** 2)) == pytest.approx(found.rms_residual_A, rel=1e-4)


@pytest.mark.parametrize("edge_s", [0.0, 37.0])
@pytest.mark.parametrize("electrode", [(1.5e-3, 0.9), (1e-5, 0.5)])
def test_a_step_of_twelve_hours_with_one_sample_before_it_is_explained_to_its_noise(
    electrode: tuple[float, float], edge_s: float, record: Any
) -> None:
    # The simulators' cell, by a Volterra equation: a power law of three decades, from 400 nA down to 1.5 nA.
    found = fit_spectrum(long_step(record, electrode, edge_s, constant(), 5e-3))
    assert isinstance(found, SpectrumResult)
    assert found.rms_residual_A == pytest.approx(0.46e-9, rel=0.05)


def test_a_long_step_of_a_bulk_that_relaxes_is_explained_to_its_noise(record: Any) -> None:
    found = fit_spectrum(long_step(record, (1e-3, 0.8), 37.0, debye(0.3, 3000.0), 1e-6))
    assert isinstance(found, SpectrumResult)
    assert found.rms_residual_A == pytest.approx(0.46e-9, rel=0.05)


def long_step(record: Any, electrode: tuple[float, float], edge_s: float, relaxation: Any, G_S: float) -> Any:
    """720 samples, 60 s apart, whose first alone is at the old level; noise 0.46 nA."""
    mesh = np.geomspace(1e-4, 1e5, 9 * 48 + 1)
    response = CubicSpline(np.log(mesh), step_current(mesh, 200.0, G_S, relaxation, *electrode))
    t = 60.0 * np.arange(721)
    after = t > edge_s
    current = 0.46e-9 * np.random.default_rng(2).standard_normal(len(t))
    current[after] += 0.1 * response(np.log(t[after] - edge_s))
    return record(t, current, None, voltage_V=np.where(after, 0.5, 0.4))


def test_record_without_current_is_refused(record: Any) -> None:
    drive = PulseSequence.pulse(0.02, 1.0, before=0.1, after=2.0)
    t = np.arange(0.0, 3.0, 1e-3) + 2e-4
    with pytest.raises(FitError, match="no current"):
        fit_spectrum(record(t, np.zeros(len(t)), drive))


def test_spectrum_is_plain_data_and_a_table(cells: Any, record: Any) -> None:
    import io
    import json

    from rich.console import Console

    drive = PulseSequence.pulse(0.02, 1.0, before=0.1, after=2.0)
    t = np.arange(0.0, 3.0, 1e-3) + 2e-4
    found = fit_spectrum(record(t, cells.rc(1000.0, 1e-4).current(t, drive), drive))
    document = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert document["residual_share"] < 1e-3
    console = Console(width=120, file=(text := io.StringIO()))
    console.print(found.table())
    assert "relaxation time" in text.getvalue()


def broad_run(record: Any, seed: int) -> tuple[Any, Any]:
    """A log-normal spectrum of relaxation times, two decades broad, and its record."""
    drive = PulseSequence.pulse(0.02, 1.0, before=0.1, after=2.0)
    t = np.arange(0.0, 3.0, 2e-3) + 2e-4
    tau = np.geomspace(1e-4, 1e1, 4000)
    density = np.exp(-0.5 * (np.log10(tau / 0.03) / 0.5) ** 2)
    weights = 1e-3 * density / density.sum()
    current = 1e-8 * np.random.default_rng(seed).standard_normal(len(t))
    for edge, step in zip(*drive.jumps(), strict=True):
        late = np.maximum(t - edge, 0.0)
        current += np.where(t >= edge, step * np.exp(-np.multiply.outer(late, 1.0 / tau)) @ weights, 0.0)
    return record(t, current, drive), (tau, weights)


def test_band_holds_a_smooth_spectrum(record: Any) -> None:
    held = []
    for seed in range(6):
        run, (tau, weights) = broad_run(record, seed)
        found = spectrum_band(run, n_draws=100)
        edges = np.sqrt(found.spectrum.rates[2:] * found.spectrum.rates[1:-1])
        for k in range(2, len(found.spectrum.rates) - 1):
            truth = weights[(1.0 / tau >= edges[k - 2]) & (1.0 / tau < edges[k - 1])].sum()
            if 4e-3 < 1.0 / found.spectrum.rates[k] < 0.5:
                held.append(found.lowest[k] <= truth * 1.02 and truth * 0.98 <= found.highest[k])
    assert np.mean(held) > 0.85


def test_peak_has_intervals_and_a_name(record: Any) -> None:
    run, _ = broad_run(record, 1)
    found = spectrum_band(run, n_draws=100)
    big = max(found.peaks, key=lambda one: one.peak.conductance_S)
    low, high = big.conductance_S
    assert low < 1e-3 < high
    assert high < 1.1 * low
    assert big.relaxation_time_s[0] == pytest.approx(0.03, rel=0.2)
    # 1e-3 S of some 60 ms is 60 uF.
    assert big.peak.name == "electrode"
    assert found.to_dict()["peaks"][0]["capacitance_of"]
