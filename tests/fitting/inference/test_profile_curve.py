"""Profile of a parameter: what holding it costs, against fits in which it is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from daq import open_run
from fitting import CellModel, StudyOptions, analyse, fit
from fitting.study import profiled
from protocols import FitError
from tests.fitting.archive.runs import write_run

if TYPE_CHECKING:
    from pathlib import Path


def test_a_profile_is_as_high_as_fits_with_the_parameter_held_are_worse(tmp_path: Path) -> None:
    run = open_run(write_run(tmp_path / "run.nxs", run_id="a"))
    curve = profiled(run, "De1-C1", StudyOptions(), "De1.tau")
    assert np.all(np.diff(curve.values) > 0.0)
    assert curve.deviations.min() == 0.0
    free = fit(run, "De1-C1")
    for k in (2, 17):
        held = fit(run, CellModel("De1-C1", {"De1.tau": float(curve.values[k])}))
        # Chi-square by its definition, from what both leave.
        worse = free.n_samples * (held.rms_residual_A**2 - free.rms_residual_A**2) / free.noise_A**2
        assert curve.deviations[k] == pytest.approx(np.sqrt(worse), rel=0.02)
    low, high = free["De1.tau"].ci95
    at_ends = np.interp([low, high], curve.values, curve.deviations)
    assert at_ends == pytest.approx([1.96, 1.96], rel=0.03)
    with pytest.raises(FitError, match="no free parameter"):
        profiled(run, "De1-C1", StudyOptions(), "R7")


def test_a_start_and_bounds_are_those_of_the_fit_and_of_what_is_kept(tmp_path: Path) -> None:
    from fitting import kept_study
    from fitting.model.bounds import bounded

    run = open_run(write_run(tmp_path / "run.nxs", run_id="a"))
    model = bounded(CellModel("De1-C1"), {"De1.tau": "1 ms .. 15 ms"})  # the truth is 20 ms
    result = analyse(run, model, start={"De1.tau": "5 ms"}).result
    assert 0.0149 < result["De1.tau"].value <= 0.015
    again = kept_study(open_run(run.path)).result
    assert again.model.bounds == {"De1.tau": "1 ms .. 15 ms"}
    assert again.model.parameters[2].upper == 0.015
    with pytest.raises(FitError, match="no free parameter"):
        fit(run, "De1-C1", start={"R7": 1.0})
