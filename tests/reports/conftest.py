"""Runs and reports of the tests: a Debye conductor whose response is known, fitted as it is and wrongly."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from daq import Run, open_run
from fitting.study import Study, analyse
from protocols import Sample
from reports.content import Report
from reports.run_report import report_of_run
from tests.fitting.archive.runs import CIRCUIT, write_run

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

HOSTILE = "<script>alert(1)</script> & \"'$x_1$"
"""Name of a sample as somebody might give it; a protocol takes no control character."""


@dataclass(frozen=True, eq=False)
class Reported:
    run: Run
    study: Study
    report: Report


def reported(path: Path, circuit: str, sample: Sample | None = None) -> Reported:
    run = open_run(write_run(path, run_id=path.stem, sample=sample))
    study = analyse(run, circuit)
    return Reported(run, study, report_of_run(run))


@pytest.fixture(scope="session")
def described(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """A run that its circuit describes, of a sample with a hostile name."""
    sample = Sample(HOSTILE, 1e-3, 5e-5, temperature_K=300.0)
    return reported(tmp_path_factory.mktemp("described") / "run.nxs", CIRCUIT, sample)


@pytest.fixture(scope="session")
def missed(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """A run whose circuit cannot describe it: a resistor and a capacitor for a conductor that remembers."""
    return reported(tmp_path_factory.mktemp("missed") / "run.nxs", "R0-C1")
