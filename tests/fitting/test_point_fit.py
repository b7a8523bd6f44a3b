"""Does the process that fits a point tell what is kept of the fit, and does it fit only once?"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from daq import open_run
from daq.campaign.drift import PointFits
from daq.files.names import results_path
from fitting import StudyOptions, analyse, kept_study
from fitting.point_fit_process import value_of
from protocols import FitError
from protocols.campaigns.stopping import condition_of


@pytest.fixture
def run(tmp_path: Path) -> Path:
    target = tmp_path / "run.nxs"
    target.write_bytes(gzip.decompress((Path(__file__).parent / "results/form1/run.nxs.gz").read_bytes()))
    return target


def test_a_conductor_is_told_the_value_and_its_half_width_and_the_fit_is_kept(run: Path) -> None:
    found = value_of(str(run), {"name": "C1", "precision": 0.1, "circuit": "R0-R1-C1"})
    low, high = kept_study(open_run(run)).result["C1"].ci95
    assert found["value"] is not None
    assert low is not None
    assert high is not None
    assert low < found["value"] < high
    assert found["half_width"] == pytest.approx((high - low) / 2.0)
    kept = results_path(run).read_bytes()
    turns: list[int] = []
    again = PointFits().value(run, condition_of("C1 drifts by 10 % by R0-R1-C1"), lambda: turns.append(1))
    assert (again.value, again.half_width) == (found["value"], found["half_width"])
    assert results_path(run).read_bytes() == kept
    assert turns, "whoever waits is called"


def test_a_kept_fit_that_was_made_otherwise_is_not_taken(run: Path) -> None:
    analyse(run, "R0-R1-C1", StudyOptions(drift=True))
    plain = analyse(run, "R0-R1-C1", keep=False).result["C1"].value
    assert value_of(str(run), {"name": "C1", "precision": 0.1, "circuit": "R0-R1-C1"})["value"] == plain


def test_what_cannot_be_fitted_is_told_in_the_words_of_the_process(run: Path) -> None:
    with pytest.raises(FitError, match=r"missing\.nxs"):
        PointFits().value(run.with_name("missing.nxs"), condition_of("R0 drifts by 10 %"), lambda: None)
