"""A study: one whole analysis of a run, kept beside it and read again."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from daq import Run, open_run, read_process
from daq.files.statements import Statements, write_statements
from fitting import CellModel, StudyOptions, analyse, fit, kept_study
from fitting.study import sample_of
from protocols import FitError, RunFileError


@pytest.fixture
def run(tmp_path: Path) -> Run:
    target = tmp_path / "run.nxs"
    target.write_bytes(gzip.decompress((Path(__file__).parent / "results/form1/run.nxs.gz").read_bytes()))
    return open_run(target)


def test_a_study_is_kept_and_read_again(run: Run) -> None:
    study = analyse(run, "R0-Mig1-CPE1")
    kept = kept_study(run)
    assert kept.to_document() == study.to_document()
    assert str(kept) == str(study)
    assert np.array_equal(kept.overlay_current_A, study.overlay_current_A)
    # The truth of the simulated cell "demo": W_inf = exp(-1.7).
    W_inf = study.result["W_inf"]
    assert W_inf.ci95[0] < np.exp(-1.7) < W_inf.ci95[1]
    assert {"reversal_peak", "readable_bits", "memory_spread_decades"} <= {one.name for one in study.result.memory}


def test_a_run_is_given_by_its_path_too(run: Run) -> None:
    study = analyse(str(run.path), "R0-R1-CPE1", keep=False)
    assert fit(run.path, "R0-R1-CPE1").theta == pytest.approx(study.result.theta)


def test_what_was_stated_of_a_sample_later_counts_in_its_fits(run: Run) -> None:
    write_statements(run.path, Statements(thickness="2 mm"))
    assert sample_of(open_run(run.path)).thickness_m == 2e-3


def test_the_reduction_is_kept_for_the_next_study_of_the_same_nuisance(run: Run) -> None:
    assert [analyse(run, "R0-R1-CPE1").reduction_was_kept for _ in range(2)] == [False, True]
    drift = StudyOptions(drift=True)
    assert [analyse(run, "R0-R1-CPE1", drift).reduction_was_kept for _ in range(2)] == [False, True]


def test_nothing_is_written_unless_it_is_to_be_kept(run: Run) -> None:
    study = analyse(run, "R0-R1-CPE1", keep=False)
    assert list(run.path.parent.iterdir()) == [run.path]
    assert study.attribution is not None
    with pytest.raises(RunFileError, match="no fit is kept"):
        kept_study(run)


def test_a_robust_study_says_so_in_its_document(run: Run) -> None:
    document = analyse(run, "R0-Mig1-CPE1", StudyOptions(robust=True)).to_document()
    assert document["remarks"][0]["kind"] == "downweighted"
    kept = read_process(run.path, "fit")
    assert kept is not None
    assert kept.attributes == document


def test_options_are_numbers_or_text_and_wrong_ones_are_named() -> None:
    words = StudyOptions(mains_Hz="50 Hz", delay_s="0.3 ms", aperture_s="20 us", before="5 mV")
    assert words == StudyOptions(mains_Hz=50.0, delay_s=3e-4, aperture_s=2e-5, before=0.005)
    assert StudyOptions(before="1 mA", control="current").before == pytest.approx(1e-3)
    assert StudyOptions(before="rest").before == "rest"
    with pytest.raises(FitError, match="mains_Hz: '50' has no unit"):
        StudyOptions(mains_Hz="50")
    with pytest.raises(FitError, match="delay_s: "):
        StudyOptions(delay_s="1 mV")


def test_values_that_are_held_are_numbers_or_text() -> None:
    assert CellModel("R0-C1", {"R0": "0.3 kohm"}).fixed == {"R0": 300.0}
    with pytest.raises(FitError, match="R0: "):
        CellModel("R0-C1", {"R0": "3 F"})
    with pytest.raises(FitError, match="depends on its exponent"):
        CellModel("R0-CPE1", {"CPE1.Q": "3 uF"})
    with pytest.raises(FitError, match="lies from"):
        CellModel("R0-C1", {"R0": "-1 ohm"})
