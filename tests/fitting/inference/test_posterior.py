"""Does the posterior agree with the intervals where both must, and say when it does not know?"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fitting import CellModel, Nuisance, fit, reduce_run, sample_posterior
from protocols import FitError, PulseSequence
from tests.fitting.bounds import bounds

DRIVE = PulseSequence.pump_probe(0.02, 0.04, 0.03, before=0.01, after=0.08)
T = (np.arange(20_000) + 0.37) * 1e-5
CELL = CellModel("R0-De1-C1", fixed={"R0": 1e3})


@pytest.fixture
def reduction(cells: Any, record: Any) -> Any:
    clean = cells.debye(1e3, 5e-4, 0.3, 3e-3, 2e-5).current(T, DRIVE)
    return reduce_run(record(T, clean + 2e-8 * np.random.default_rng(8).standard_normal(len(T)), DRIVE))


def test_posterior_of_well_determined_parameters_is_as_wide_as_their_profiles(reduction: Any) -> None:
    """Flat priors and a likelihood near normal: credible and confidence intervals are the same."""
    result = fit(reduction, CELL)
    found = sample_posterior(reduction, result, n_evaluations=30_000)
    assert found.converged
    assert 0.2 < found.acceptance < 0.8
    for one in result.estimates:
        low, median, high = found.quantiles[one.name]
        width = float(np.ptp(bounds(one)))
        assert high - low == pytest.approx(width, rel=0.12)
        assert median == pytest.approx(one.value, abs=0.1 * width)
    assert found.correlation == pytest.approx(result.correlation, abs=0.12)
    assert found.n_effective.min() > 500.0
    assert found.open_sides == {}


def test_a_chain_too_short_says_so(reduction: Any) -> None:
    found = sample_posterior(reduction, CELL, n_evaluations=1000)
    assert not found.converged
    assert "autocorrelation times" in found.reason
    assert found.to_dict()["converged"] is False


def test_without_emcee_the_error_says_how_to_install_it(reduction: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "emcee", None)
    with pytest.raises(FitError, match=r"pip install \"ionecho\[posterior\]\""):
        sample_posterior(reduction, CELL)


def test_samples_all_over_the_prior_are_told_as_undetermined(reduction: Any) -> None:
    found = sample_posterior(reduction, CELL, n_evaluations=1000)
    wide = np.geomspace(found.prior[0, 0], found.prior[1, 0], 1000)
    spread = replace(found, samples=np.column_stack([wide, *(np.full(1000, v) for v in found.samples[0, 1:])]))
    assert spread.open_sides == {found.model.parameters[0].name: "lower and upper"}


def test_a_fit_of_another_reduction_is_refused(reduction: Any) -> None:
    other = replace(fit(reduction, CELL), terms=Nuisance(drift=True))
    with pytest.raises(FitError, match="another reduction"):
        sample_posterior(reduction, other)


def test_a_robust_fit_is_refused(reduction: Any) -> None:
    with pytest.raises(FitError, match="robust"):
        sample_posterior(reduction, replace(fit(reduction, CELL), n_downweighted=3))
