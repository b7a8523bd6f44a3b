"""Joint fits and spectra are kept beside their runs, are in reports, and can be made again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from daq import open_run, read_process, write_process
from fitting.archive.verify import verify_chunk
from fitting.kept_results import JOINT, SPECTRUM, kept_document
from protocols import FitError, Sample
from reports.content import Report, Table
from reports.html_page import html_page
from reports.run_report import report_of_run
from tests.fitting.archive.runs import CAPACITANCE_F, CIRCUIT, G_INF_S, write_run
from tests.ionecho.commands import command

W_INF = 0.3
"""Of the runs that the writer makes."""


def retold(path: Path, name: str, **changes: object) -> None:
    """Change what is kept beside a run."""
    kept = read_process(path, name)
    assert kept is not None
    write_process(path, name, kept.arrays, kept.attributes | changes)


def tables_of(report: Report, heading: str) -> list[Table]:
    (section,) = (one for one in report.sections if one.heading == heading)
    return [one for one in section.blocks if isinstance(one, Table)]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two runs of one cell with a joint fit, one of them with a spectrum, in folders side by side."""
    folder = tmp_path_factory.mktemp("pair")
    paths = []
    for k in (1, 2):
        (folder / f"{k}").mkdir()
        sample = Sample("pellet", 1e-3, 5e-5, temperature_K=300.0)
        paths.append(write_run(folder / f"{k}" / "run.nxs", run_id=f"{k}", sample=sample, seed=k))
    assert command("fit", *map(str, paths), "--model", CIRCUIT, "--share", "De1", "--json") == 0
    assert command("fit", str(paths[0]), "--spectrum", "--json") == 0
    return paths[0], paths[1]


def test_a_joint_fit_is_kept_beside_each_of_its_runs(pair: tuple[Path, Path]) -> None:
    for path, other in (pair, pair[::-1]):
        document = kept_document(open_run(path), JOINT)
        assert document is not None
        asked = document["provenance"]
        places = [(path.parent / one["file"]).resolve() for one in asked["files"]]
        assert sorted(places) == sorted([path.resolve(), other.resolve()])
        for name, exact in (("De1.G_inf", G_INF_S), ("De1.W_inf", W_INF)):
            low, high = document["parameters"][name]["ci95"]
            assert low - 0.5 * (high - low) < exact < high + 0.5 * (high - low)
        assert {"C1[1]", "C1[2]"} <= set(document["parameters"])
    assert kept_document(open_run(pair[1]), SPECTRUM) is None


def test_a_report_shows_them_without_a_fit_of_one_circuit(pair: tuple[Path, Path]) -> None:
    report = report_of_run(open_run(pair[0]))
    unknowns, files = tables_of(report, "Joint fit")
    assert {"C1[1]", "C1[2]"} <= {row.cells[0] for row in unknowns.rows}
    capacitance = next(row.cells for row in unknowns.rows if row.cells[0] == "C1[1]")
    assert capacitance[3] == "µF"
    assert float(capacitance[1]) == pytest.approx(1e6 * CAPACITANCE_F, rel=0.1)
    assert [row.cells[0] for row in files.rows] == ["[1]", "[2]"]
    assert [row.cells[2] for row in files.rows] == ["300 K", "300 K"]
    (peaks,) = tables_of(report, "Relaxations without a model")
    assert len(peaks.rows) >= 1
    drawn = next(one for one in report.figures() if one.name == "relaxations").columns
    assert np.all(drawn["conductance_S"] > 0.0)
    document = kept_document(open_run(pair[0]), SPECTRUM)
    assert document is not None
    # The memory and the slow decay through the capacitor: all that the cell conducts at once.
    whole = drawn["conductance_S"].sum() + document["static_conductance_S"]
    assert whole == pytest.approx(G_INF_S, rel=0.1)  # what relaxes within a sample is its guess
    assert html_page(report)
    assert [one.heading for one in report_of_run(open_run(pair[1])).sections] == [
        "Protocol",
        "Record",
        "Joint fit",
        "Provenance",
    ]


def test_they_come_out_the_same_and_a_change_is_told(pair: tuple[Path, Path], tmp_path: Path) -> None:
    (found,) = verify_chunk([str(pair[0])])
    assert found.is_same
    assert found.circuit == f"{JOINT} {CIRCUIT}, {SPECTRUM}"
    assert found.largest < 1e-3
    document = kept_document(open_run(pair[0]), JOINT)
    assert document is not None
    changed = json.loads(json.dumps(document["parameters"]))
    changed["De1.W_inf"]["value"] *= 1.01
    retold(pair[0], JOINT, parameters=changed)
    (found,) = verify_chunk([str(pair[0])])
    assert [one.name for one in found.changes] == ["joint: De1.W_inf"]
    retold(pair[0], JOINT, parameters=document["parameters"])
    hidden = pair[1].rename(pair[1].with_name("moved.nxs"))
    (found,) = verify_chunk([str(pair[0])])
    hidden.rename(pair[1])
    assert "a file of the joint fit is not there" in found.error
    assert "run.nxs" in found.error


def test_what_a_later_version_kept_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run.nxs", run_id="a")
    for name in (JOINT, SPECTRUM):
        write_process(path, name, {}, {"format": 99})
        with pytest.raises(FitError, match=rf"later version .* {name} fit \(form 99, not 1\): upgrade"):
            kept_document(open_run(path), name)
