"""Contents of the page "Memory": figures by users' names, doubts with their reasons, curves; also of kept old fits."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daq import read_process
from gui.fit.result_model import load_fit
from protocols import RunFileError, format_quantity

FORM1 = Path(__file__).parents[2] / "fitting" / "results" / "form1"


@pytest.fixture
def run_with(tmp_path: Path) -> Any:
    def put(results: str | None) -> Path:
        run = tmp_path / "run.nxs"
        run.write_bytes(gzip.decompress((FORM1 / "run.nxs.gz").read_bytes()))
        if results is not None:
            kept = gzip.decompress((FORM1 / f"{results}.results.nxs.gz").read_bytes())
            (tmp_path / "run.results.nxs").write_bytes(kept)
        return run

    return put


def test_figures_have_the_names_that_users_have_for_them(run_with: Any) -> None:
    run = run_with("determined")
    shown = load_fit(run)
    assert shown.headline == "R0-Mig1-CPE1"
    assert [row.name for row in shown.memory][:8] == [
        "Steady-state fraction W_inf",
        "Back-hop fraction 1 - W_inf",
        "Mean memory time",
        "Median memory time",
        "Relaxation capacitance",
        "Residual charge ratio",
        "Residual charge ratio 2",
        "Memory spread in decades",
    ]
    assert (shown.memory[0].value, shown.memory[0].interval) == ("0.1828", "0.1826 … 0.1829")
    assert shown.notices == ()
    kept = read_process(run, "fit")
    assert kept is not None
    residual, noise = (format_quantity(kept.attributes[key], "A") for key in ("rms_residual_A", "step_noise_A"))
    assert shown.verdict.source == f"R0-Mig1-CPE1 on run.nxs: residual {residual} rms, noise {noise}"
    assert shown.verdict.tone == "open", "its verdict is undecided"
    assert "the conductance falls by 81.725 %, half of it within" in shown.verdict.sentence
    assert [one.title for one in shown.verdict.figures] == ["Remembered", "Half of it within", "By"]
    assert len(shown.evidence) == 6


def test_doubts_come_with_their_reasons_and_the_remarks(run_with: Any) -> None:
    shown = load_fit(run_with("doubtful"))
    assert {row.name: row.doubt for row in shown.parameters}["C1"] == "anything above 2.33e-08 fits as well"
    assert all(row.doubt for row in shown.parameters)
    warning = next(one for one in shown.notices if one.is_warning)
    assert warning.text.startswith("Not determined by this record, and not to be used:")
    assert "C1" in warning.text
    assert any(one.text.startswith("R0-De1-C1 does not describe this record") for one in shown.notices)


def test_the_fitted_current_follows_the_measured_one(run_with: Any) -> None:
    curves = load_fit(run_with("determined")).curves
    assert len(curves.edges_s) == 4
    # Between two samples the nearest one is taken: right after an edge they differ by more than the noise.
    assert np.nanmedian(np.abs(curves.residuals.residual)) < 1e-3 * np.abs(curves.fitted).max()
    assert np.all((curves.W_lowest <= curves.W) & (curves.W_highest >= curves.W))


def test_a_run_without_a_fit_says_so(run_with: Any) -> None:
    with pytest.raises(RunFileError, match="no fit is kept"):
        load_fit(run_with(None))
