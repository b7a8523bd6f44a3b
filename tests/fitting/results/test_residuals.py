"""Residuals by time, pulse by pulse, and by level, of a record whose misfit is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fitting.reduction.nuisance import Nuisance
from fitting.results.residuals import residuals_of
from protocols import PulseSequence

DRIVE = PulseSequence.pump_probe(0.02, 0.3, 0.1, before=0.05, after=0.65)


def test_what_is_left_is_told_pulse_by_pulse_and_by_level(record: Any) -> None:
    t = (np.arange(1400, dtype=np.float64) + 0.5) * 1e-3
    level = DRIVE.voltage_at(t)
    # The fit misses 1 nA at rest, and alternates by 5 nA at 20 mV.
    misfit = np.where(level > 0.01, 5e-9 * (-1.0) ** np.arange(1400), 1e-9)
    run = record(t, 1e-6 + misfit, DRIVE, aperture_s=4e-3)
    left = residuals_of(run, Nuisance(), t, np.full(1400, 1e-6))
    edges = DRIVE.jumps()[0]
    over_an_edge = np.abs(np.subtract.outer(t, edges)).min(axis=1) < 2e-3
    assert np.array_equal(np.isnan(left.residual), over_an_edge), "samples that average over an edge are no residual"
    assert left.by_pulse.at[1:] == pytest.approx(edges)
    assert left.by_pulse.rms == pytest.approx([1e-9, 5e-9, 1e-9, 5e-9, 1e-9])
    assert left.by_level.at == pytest.approx([0.0, 0.02], abs=1e-7)
    assert left.by_level.rms == pytest.approx([1e-9, 5e-9])
    assert left.by_level.mean == pytest.approx([1e-9, 0.0], abs=1e-11)


def test_a_record_without_a_drive_has_residuals_by_time_only(record: Any) -> None:
    t = np.arange(50, dtype=np.float64) * 1e-3
    run = record(t, np.ones(50), None, voltage_V=np.zeros(50))
    left = residuals_of(run, Nuisance(), t, np.zeros(50))
    assert left.residual == pytest.approx(1.0)
    assert len(left.by_pulse.at) == len(left.by_level.at) == 0
