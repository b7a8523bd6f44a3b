"""A study: one whole analysis of a run, kept beside it and read again."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from daq import Run, open_run, read_process
from fitting import StudyOptions, analyse, kept_study
from protocols import RunFileError


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
