"""Documents of fits: what `to_document` writes is read back, and so is what earlier versions wrote.

The files of ``form1`` were written by commit 6161446: a run of a simulated Keithley 2461 with the cell "demo" (2000
samples), and its results files after ``ionecho fit`` with R0-Mig1-CPE1 (all determined) and with R0-De1-C1 (nothing
determined, noise whitened, model does not describe the record).
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daq import open_run, read_process
from fitting import CellModel, FitResult, RelaxationTable, RemarkKind, fit, kept_study, memory_shape, predict
from fitting.results.document import FORMAT
from protocols import FitError, PulseSequence

FORM1 = Path(__file__).with_name("form1")
T = 1e-3 * np.arange(2000)
DRIVE = PulseSequence.pump_probe("20 mV", "300 ms", wait="100 ms", before="50 ms", after="1.25 s")
DEBYE = {"R": 100.0, "G": 1e-3, "W": 0.4, "tau": 0.05, "C": 1e-4}


def as_json(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(document))
    return found


@pytest.fixture
def written_before(tmp_path: Path) -> Any:
    """Return the run of form 1 with one of its results files beside it."""

    def put(name: str) -> Any:
        for file, target in (("run.nxs.gz", "run.nxs"), (f"{name}.results.nxs.gz", "run.results.nxs")):
            (tmp_path / target).write_bytes(gzip.decompress((FORM1 / file).read_bytes()))
        return open_run(tmp_path / "run.nxs")

    return put


@pytest.fixture
def result(cells: Any, record: Any) -> FitResult:
    noise = 2e-9 * np.random.default_rng(5).standard_normal(len(T))
    found: FitResult = fit(record(T, cells.debye(**DEBYE).current(T, DRIVE) + noise, DRIVE), "R0-De1-C1")
    return found


def test_a_result_is_read_back_from_its_document_and_arrays(result: FitResult) -> None:
    back = FitResult.from_document(as_json(result.to_document()), result.arrays())
    assert back.to_document() == result.to_document()
    assert str(back) == str(result)
    assert back.grid == result.grid
    assert set(back.arrays()) == set(result.arrays())
    assert all(np.array_equal(back.arrays()[name], values) for name, values in result.arrays().items())
    assert memory_shape(back) == memory_shape(result)


def test_held_values_and_tables_of_a_circuit_are_read_back(cells: Any, record: Any) -> None:
    t = np.geomspace(1e-3, 10.0, 60)
    table = RelaxationTable.from_relaxation(t, 0.4 + 0.6 * np.exp(-t / 0.05))
    model = CellModel("R0-Tab1-C1", {"Tab1.scale": 1.0}, {"Tab1": table})
    found = fit(record(T, cells.debye(**DEBYE).current(T, DRIVE), DRIVE), model)
    back = FitResult.from_document(as_json(found.to_document()), found.arrays())
    assert back.model.fixed == {"Tab1.scale": 1.0}
    s = np.array([1.0 + 2.0j])
    assert np.array_equal(back.model.admittance(s, back.theta), found.model.admittance(s, found.theta))


def test_a_kept_result_still_predicts_the_current(result: FitResult, cells: Any, record: Any) -> None:
    back = FitResult.from_document(as_json(result.to_document()), result.arrays())
    run = record(T, cells.debye(**DEBYE).current(T, DRIVE), DRIVE)
    assert np.array_equal(predict(run, back), predict(run, result))


def test_a_document_of_a_later_version_is_refused(result: FitResult) -> None:
    with pytest.raises(FitError, match="later version"):
        FitResult.from_document(result.to_document() | {"format": FORMAT + 1}, result.arrays())


def test_results_of_form_1_are_read_with_all_their_figures(written_before: Any) -> None:
    run = written_before("determined")
    study = kept_study(run)
    kept = read_process(run.path, "fit")
    assert kept is not None
    assert "format" not in kept.attributes
    for part in ("parameters", "memory"):
        for name, figure in kept.attributes[part].items():
            if isinstance(figure, dict):
                one = study.result[name]
                assert (one.value, list(one.ci95), one.unit) == (figure["value"], figure["ci95"], figure["unit"])
                assert one.determined is figure.get("identifiable", figure.get("resolved"))
                assert one.note == figure.get("reason", figure.get("note"))
    assert len(study.result.estimates) == 7
    assert len(study.result.memory) == 13
    assert study.result.remarks == ()
    assert study.attribution is not None
    assert study.attribution.verdict == "undecided"
    assert study.summary == kept.attributes["memory"]["attribution"]
    np.testing.assert_allclose(predict(run, study.result, study.overlay_t_s), study.overlay_current_A, atol=1e-14)


def test_derived_figures_of_form_1_come_out_the_same_from_the_kept_result(written_before: Any) -> None:
    result = kept_study(written_before("determined")).result
    for again in memory_shape(result):
        # Times by which memory is lost are found to 1e-9, on another grid now than then.
        assert again.value == pytest.approx(result[again.name].value, rel=1e-9)
        assert again.ci95 == pytest.approx(result[again.name].ci95, rel=1e-9)


def test_doubts_and_remarks_of_form_1_are_read(written_before: Any) -> None:
    result = kept_study(written_before("doubtful")).result
    assert not any(one.determined for one in result.estimates)
    assert result["C1"].note == "anything above 2.33e-08 fits as well"
    assert [remark.kind for remark in result.remarks] == [RemarkKind.UNCODED] * 2
    assert str(result.remarks[1]).startswith("R0-De1-C1 does not describe this record")
    assert result.terms.correlation_s == pytest.approx(1.829, rel=1e-3)
    assert "not determined: any value fits as well" in " ".join(str(result).replace("│", " ").split())
